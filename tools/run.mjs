/**
 * What `npm start`, `npm test` and their like run. It does the set-up of a fresh clone by itself and says so: install from the lock
 * file, build what is out of date, then hand over to the pinned Node. It runs on Node 20 already, and imports nothing that is installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const PROGRAM = 'dist/apps/registry/src/main.js';
const VITEST = 'node_modules/vitest/vitest.mjs';
const OLDEST_NODE = [24, 15];

const tasks = {
  start: { build: true, command: (args) => ['--enable-source-maps', PROGRAM, 'serve', ...args] },
  demo: { build: true, command: (args) => ['tools/demo/main.mjs', ...args] },
  test: { build: true, command: (args) => [VITEST, 'run', '--project', 'unit', '--project', 'e2e', ...args] },
  'test-clients': { build: true, command: (args) => [VITEST, 'run', '--project', 'clients', ...args] },
  crash: {
    build: true,
    command: (args) => [
      '--enable-source-maps',
      '--import',
      './test/crash/typescript.mjs',
      'test/crash/main.ts',
      ...args,
    ],
  },
  'bench:backlog': { build: true, command: (args) => ['bench/backlog/main.mjs', ...args] },
  'bench:delivery': { build: true, command: (args) => ['bench/delivery/main.mjs', ...args] },
  'bench:pushes': { build: true, command: (args) => ['bench/pushes/main.mjs', ...args] },
};

const [name = '', ...args] = process.argv.slice(2);
const task = tasks[name];
if (task === undefined) fail(`usage: node tools/run.mjs ${Object.keys(tasks).join(' | ')} [arguments]`);
install();
const node = findNode();
if (task.build) build(node);
handOver(node, task.command(args));

/**
 * Installs what the lock file names, unless exactly that is installed already. A `node_modules` that is a link belongs to another
 * checkout, whose files npm would remove through the link: it is used as it is.
 */
function install() {
  const modules = lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false });
  if (modules?.isSymbolicLink()) return;
  const marker = join(root, 'node_modules', '.herald-installed');
  const wanted = digest([join(root, 'package-lock.json')]);
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  say('installing dependencies from package-lock.json (once, about half a minute) …');
  const npm = process.env.npm_execpath;
  const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  run(
    command,
    [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'the dependencies could not be installed',
  );
  writeFileSync(marker, wanted);
}

/** The Node that the project pins, where there is one for this system; else this one, if it is new enough. */
function findNode() {
  const pinned = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]))
    return process.execPath;
  return fail(
    `Herald needs Node.js ${OLDEST_NODE.join('.')} or newer, and this is ${process.versions.node}.\n` +
      'For this system no Node.js comes with the dependencies: install Node.js 24 and run the command again.',
  );
}

/** Builds unless the sources are the ones that were built last. */
function build(interpreter) {
  const marker = join(root, 'dist', '.built-from');
  const sources = [
    ...['apps', 'libs'].flatMap((folder) => sourcesBelow(join(root, folder))),
    ...['package-lock.json', 'package.json', 'tsconfig.json', 'nest-cli.json'].map((file) =>
      join(root, file),
    ),
  ];
  const wanted = digest(sources);
  if (existsSync(join(root, PROGRAM)) && existsSync(marker) && readFileSync(marker, 'utf8') === wanted)
    return;
  say('building …');
  rmSync(marker, { force: true });
  run(interpreter, [join('node_modules', '@nestjs', 'cli', 'bin', 'nest.js'), 'build'], 'the build failed');
  mkdirSync(dirname(marker), { recursive: true });
  writeFileSync(marker, wanted);
}

function sourcesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|json)$/.test(entry.name) && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted();
}

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex');
}

function run(command, commandArgs, complaint) {
  const { status, error } = spawnSync(command, commandArgs, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) fail(error === undefined ? complaint : `${complaint}: ${error.message}`);
}

/** Becomes the program: its output is ours, its end is ours, and signals reach it. */
function handOver(interpreter, commandArgs) {
  const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`;
  const child = spawn(interpreter, commandArgs, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15);
  });
}

function say(line) {
  console.log(`herald: ${line}`);
}

function fail(line) {
  console.error(`herald: ${line}`);
  process.exit(1);
}
