import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { content, OCI_LAYER } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

const BLOB = content(OCI_LAYER, 'a blob');

describe('the log of the program', () => {
  let receiver: Receiver;
  let registry: RegistryProcess;

  beforeEach(async () => {
    receiver = await new Receiver((_delivery, index) => (index === 0 ? 500 : 200)).up();
  });

  afterEach(async () => {
    await registry.dispose();
    await receiver.down();
  });

  /** Everything that a registry with this log wrote while a blob was pushed and its event refused once. */
  async function outputOf(log: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
    const endpoint = { name: 'ci', url: receiver.url, threshold: 1, backoff: '20ms' };
    registry = await new RegistryProcess({ endpoints: [endpoint], log }).start();
    await new RegistryClient(registry.url, 'team/app').pushBlob(BLOB);
    await receiver.until((events) => events.length === 2);
    await registry.stop();
    return registry.output.trim().split('\n');
  }

  async function recordsOf(log: Readonly<Record<string, unknown>>): Promise<readonly unknown[]> {
    const lines = await outputOf(log);
    return lines.map((line) => JSON.parse(line) as unknown);
  }

  it('leads from a request to its event, to the attempts with it, and to the endpoint', async () => {
    const fields = { service: 'registry', environment: 'staging' };
    const records = await recordsOf({ formatter: 'json', level: 'debug', fields });
    const [event] = receiver.events;
    const attempt = { msg: 'attempt', endpoint: 'ci', events: [event?.id] };
    for (const expected of [
      { msg: 'Herald listens' },
      { msg: 'event', event: event?.id, request: event?.request.id, type: 'registry.blob.push' },
      { ...attempt, status: 500, outcome: 'endpoint-fault' },
      { ...attempt, status: 200, outcome: 'delivered' },
      { level: 'warning', component: 'EndpointSink', endpoint: 'ci' },
      { msg: 'response completed', 'http.request.id': event?.request.id, 'http.response.status': 201 },
    ]) {
      expect(records).toContainEqual(expect.objectContaining({ ...expected, ...fields }));
    }
  });

  it('is written for Logstash where that reads it', async () => {
    const records = await recordsOf({ formatter: 'logstash' });
    expect(records.length).toBeGreaterThan(2);
    for (const record of records) {
      expect(record).toMatchObject({
        '@timestamp': expect.any(String) as string,
        '@version': '1',
        type: 'log',
        level: expect.any(String) as string,
        message: expect.any(String) as string,
      });
    }
  });

  it('has a line in Apache’s format for each request, with no query in it', async () => {
    const put = /"PUT \/v2\/team\/app\/blobs\/uploads\/[0-9a-f-]+ HTTP\/1\.1" 201 0 /;
    const lines = await outputOf({});
    const id = receiver.events[0]?.request.id;
    expect(lines.find((line) => put.test(line))).toContain(`"${id}"`);
    expect(lines.join('\n')).not.toMatch(/digest=|_state=/);
  });

  it('has no line for requests when that is disabled', async () => {
    const lines = await outputOf({ accesslog: { disabled: true } });
    expect(lines.filter((line) => line.includes('HTTP/1.1'))).toEqual([]);
  });

  it('keeps to its level', async () => {
    const lines = await outputOf({ level: 'error', accesslog: { disabled: true } });
    expect(lines.filter((line) => line.startsWith('time='))).toEqual([]);
  });
});
