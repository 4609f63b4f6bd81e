import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { image } from '../support/image.js';
import { Receiver } from '../support/receiver.js';
import { expectStatus, RegistryClient } from '../support/registry-client.js';
import { RegistryProcess } from '../support/registry-process.js';

describe('G1: no acknowledged change loses its event', () => {
  let receiver: Receiver;
  let registry: RegistryProcess;

  beforeEach(async () => {
    receiver = await new Receiver().up();
    registry = new RegistryProcess({
      endpoints: [{ name: 'ci', url: receiver.url, backoff: '100ms', ignore: { actions: ['pull'] } }],
    });
  });

  afterEach(async () => {
    await registry.dispose();
    await receiver.down();
  });

  it('delivers 200 pushes that were acknowledged while the receiver was down, after a SIGKILL', async () => {
    await registry.start();
    await receiver.down();
    const client = new RegistryClient(registry.url, 'team/app');
    const images = Array.from({ length: 40 }, (_, index) => image(`image ${index}`, 3));
    // Each image is three layers, a configuration and a manifest: 200 acknowledged pushes.
    await Promise.all(images.map((each, index) => client.pushImage(each, `v${index}`)));
    await registry.kill();

    await receiver.up();
    await registry.start();
    await receiver.until((events) => new Set(events.map(({ id }) => id)).size >= 200);

    const pushed = images.flatMap(({ manifest, blobs }) => [manifest, ...blobs].map(({ digest }) => digest));
    expect(new Set(receiver.events.map(({ target }) => target.digest))).toEqual(new Set(pushed));
    expect(receiver.events).toHaveLength(200);
    for (const { action, target } of receiver.events) {
      expect(action).toBe('push');
      await expectStatus(200, fetch(target.url ?? ''));
    }
  });
});

describe('G2: no event comes before what it names', () => {
  it('lets a receiver that looks at once read the tag of every push', async () => {
    const seen: number[] = [];
    const all = Promise.withResolvers<void>();
    const receiver = await new Receiver(async ({ events }) => {
      for (const { target } of events) {
        if (target.tag === undefined) continue;
        const host = new URL(target.url ?? '').origin;
        const answer = await fetch(`${host}/v2/${target.repository}/manifests/${target.tag}`);
        if (seen.push(answer.status) === 50) all.resolve();
      }
      return 200;
    }).up();
    const registry = await new RegistryProcess({
      endpoints: [{ name: 'ci', url: receiver.url, timeout: '5s', ignore: { actions: ['pull'] } }],
    }).start();
    try {
      const client = new RegistryClient(registry.url, 'team/app');
      for (let index = 0; index < 50; index += 1)
        await client.pushImage(image(`image ${index}`, 1), `v${index}`);
      await all.promise;
      expect(seen).toEqual(Array.from({ length: 50 }, () => 200));
    } finally {
      await registry.dispose();
      await receiver.down();
    }
  });
});
