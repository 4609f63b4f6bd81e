import 'reflect-metadata';
import { createApp } from './create-app.js';
import { settingsFrom } from './settings.js';

const app = await createApp(settingsFrom(process.env));
await app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1');
