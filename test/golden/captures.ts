import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = import.meta.dirname;

export type EndpointName = 'normal' | 'filtered';

/** One request to `docker-registry`, its answer, and the notifications that it sent for it. */
export interface Capture {
  readonly operation: string;
  readonly note: string;
  readonly request: {
    readonly line: string;
    readonly headers: readonly string[];
    readonly body: string | null;
  };
  readonly response: { readonly status: number };
  readonly webhooks: readonly CapturedWebhook[];
}

export interface CapturedWebhook {
  readonly endpoint: EndpointName;
  readonly headers: readonly string[];
  readonly rawBody: string;
}

/**
 * Blobs that the captures name and whose bytes they do not show, with their sizes. Others of the same size stand in for them: then every
 * document that names them has the same size too, and but for the digests nothing of an event changes.
 */
const UNSEEN_BLOBS = [
  ['2a7fbc22fcea79a56413b1baa56fc3287977a4e25b9f29256ea2f516aee2d2b4', 253],
  ['886cb4a814b1bae0c4b5ec628303ca3ea3c1c20b741021461eb11f1598165af0', 41],
  ['c30d0f1ad72b8aae9af124f8df97901348cc0fe7ceebaff0d80bca863d74e041', 179],
] as const;

const SEEN_BLOBS = ['golden layer one\n', '{}'];

/** Every capture, in the order in which they were made, all digests renamed to those of the stand-ins. */
export function loadCaptures(): readonly Capture[] {
  const names = readdirSync(DIRECTORY).filter((name) => name.endsWith('.json'));
  const texts = names.toSorted().map((name) => readFileSync(join(DIRECTORY, name), 'utf8'));
  const renamed = renameDigests(texts);
  return renamed.map((text) => JSON.parse(text) as Capture);
}

/** Every blob that the captures name. */
export function blobs(): readonly Buffer[] {
  return [...SEEN_BLOBS.map((text) => Buffer.from(text)), ...UNSEEN_BLOBS.map(([, size]) => standIn(size))];
}

export function capture(captures: readonly Capture[], operation: string): Capture {
  const found = captures.find((each) => each.operation === operation);
  if (found === undefined) throw new Error(`there is no capture of ${operation}`);
  return found;
}

export function hexDigest(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function standIn(size: number): Buffer {
  return Buffer.alloc(size, `stand-in of ${size} bytes `);
}

/** Renames the blobs, then the manifests whose text changed by it, then what names those. */
function renameDigests(texts: readonly string[]): readonly string[] {
  const names = new Map<string, string>(UNSEEN_BLOBS.map(([hex, size]) => [hex, hexDigest(standIn(size))]));
  const bodies = texts.map((text) => (JSON.parse(text) as Capture).request.body ?? '');
  const manifests = bodies.filter((body) => body.includes('schemaVersion'));
  for (let round = 0; round < manifests.length; round += 1) {
    const before = names.size;
    for (const body of manifests) {
      const [old, renamed] = [hexDigest(body), hexDigest(rename(body, names))];
      if (old !== renamed) names.set(old, renamed);
    }
    if (round > 0 && names.size === before) break;
  }
  return texts.map((text) => rename(text, names));
}

function rename(text: string, names: ReadonlyMap<string, string>): string {
  return text.replaceAll(/[0-9a-f]{64}/g, (hex) => names.get(hex) ?? hex);
}
