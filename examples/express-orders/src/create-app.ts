import { ConsoleLogger, ValidationPipe, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import type { Settings } from './settings.js';

/** The application, ready to listen. */
export async function createApp(
  settings: Settings,
  logger: LoggerService | false = new ConsoleLogger(),
): Promise<NestExpressApplication> {
  // The signature of a webhook is over the bytes of its body, so these have to be kept.
  const options = { rawBody: true, abortOnError: false, logger };
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(settings), options);
  app.useBodyParser('json', { type: ['application/json', 'application/*+json'] });
  app.useGlobalPipes(new ValidationPipe({ whitelist: true }));
  // Requests to endpoints finish, and where each endpoint stands is stored, before the process ends.
  app.enableShutdownHooks();
  return app;
}
