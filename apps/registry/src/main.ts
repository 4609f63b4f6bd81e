#!/usr/bin/env node
// Nothing but the check may be imported here: an older Node would stop at the first import with an error that helps nobody.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(
    `Herald needs Node.js 24.15 or newer, and this is ${process.versions.node}.\n` +
      'On Linux (x64, arm64) `npm start` brings its own; elsewhere install Node.js 24 from your system.',
  );
  process.exit(1);
}
const { bootstrap } = await import('./bootstrap.js');
process.exitCode = await bootstrap();
