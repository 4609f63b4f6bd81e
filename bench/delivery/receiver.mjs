/**
 * The webhook receiver of the benchmark, in a process of its own: it notes when each request came, answers after a given time, and
 * looks at the bodies only when it is asked to, so that it costs as little as it can while something is measured.
 */
import { createServer } from 'node:http';

const noted = [];
let events = 0;
let delayMs = 0;
let server;

function receive(request, response) {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const sequences = request.headers['herald-sequence'];
    noted.push({ at: process.hrtime.bigint(), sequences, chunks, path: request.url });
    events += sequences === undefined ? 1 : sequences.split(',').length;
    if (delayMs === 0) response.end();
    else setTimeout(() => response.end(), delayMs);
  });
}

/** When each event came first at each path, as [digest, ns of the system's monotonic clock]. */
function arrivals() {
  const first = new Map();
  for (const { at, chunks, path } of noted) {
    for (const { id, target } of JSON.parse(Buffer.concat(chunks).toString()).events) {
      if (!first.has(path + id)) first.set(path + id, [target.digest, String(at)]);
    }
  }
  noted.length = 0;
  events = 0;
  return [...first.values()];
}

/** What came since the last report: first and last arrival, and whether each repository's events came in the order of their numbers. */
function report() {
  const seen = new Set();
  const last = new Map();
  let [disorder, bytes] = [0, 0];
  for (const { sequences, chunks } of noted) {
    const body = Buffer.concat(chunks);
    bytes += body.length;
    const numbers = sequences?.split(',').map(Number);
    for (const [index, { id, target }] of JSON.parse(body.toString()).events.entries()) {
      if (seen.has(id)) continue;
      seen.add(id);
      if (numbers === undefined) continue;
      if (numbers[index] <= (last.get(target.repository) ?? 0)) disorder += 1;
      last.set(target.repository, numbers[index]);
    }
  }
  const spanMs = noted.length === 0 ? 0 : Number(noted.at(-1).at - noted[0].at) / 1e6;
  const requests = noted.length;
  noted.length = 0;
  events = 0;
  return { requests, events: seen.size, disorder, bytes, spanMs };
}

const commands = {
  up: ({ port, answerAfterMs }) =>
    new Promise((resolve, reject) => {
      delayMs = answerAfterMs;
      server = createServer({ keepAliveTimeout: 60_000 }, receive);
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve(server.address().port));
    }),
  down: () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  count: () => events,
  report,
  arrivals,
};

process.on('message', async ({ id, command, ...settings }) => {
  try {
    process.send({ id, result: await commands[command](settings) });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
});
process.on('disconnect', () => process.exit());
