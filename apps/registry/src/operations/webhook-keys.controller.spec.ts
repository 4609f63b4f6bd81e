import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Broadcaster, NotificationsModule } from '@herald/notifications';
import { afterEach, describe, expect, it } from 'vitest';
import { WebhookKeysController } from './webhook-keys.controller.js';

/** RFC 8032 §7.1, test 1. */
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const PRIVATE_KEY = `whsk_${SEED.toString('base64')}`;
const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

describe('/.well-known/webhook-keys.json', () => {
  const directory = mkdtempSync(join(tmpdir(), 'herald-keys-'));
  let app: NestFastifyApplication;

  afterEach(async () => {
    await app.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('has the public keys of all endpoints, each once, and no secret', async () => {
    const url = 'http://127.0.0.1:1/';
    const endpoints = [
      { name: 'a', url, signing: { keys: [SECRET, PRIVATE_KEY] } },
      { name: 'b', url, signing: { keys: [PRIVATE_KEY] } },
      { name: 'c', url },
    ];
    const database = { path: join(directory, 'herald.db') };
    const testing = await Test.createTestingModule({
      imports: [NotificationsModule.forRoot({ endpoints, database })],
      controllers: [WebhookKeysController],
    }).compile();
    app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
    expect(app.get(Broadcaster).endpoints).toHaveLength(3);
    const { statusCode, headers, body } = await app.inject('/.well-known/webhook-keys.json');
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      'content-type': expect.stringContaining('application/json') as string,
      'cache-control': 'public, max-age=300',
    });
    expect(JSON.parse(body)).toMatchObject({
      keys: [{ kty: 'OKP', crv: 'Ed25519', webhookKey: 'whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=' }],
    });
    expect(body).not.toMatch(/whsk|whsec|"d"/);
  });
});
