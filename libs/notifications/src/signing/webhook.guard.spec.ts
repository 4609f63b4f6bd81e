import { Controller, Module, Post, Req, UseGuards, type INestApplication } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../delivery/clock.js';
import { SystemHostResolver } from '../http/addresses/host-resolver.js';
import { EndpointClients } from '../http/endpoint-client.js';
import { endpointSettings } from '../sinks/endpoint-settings.js';
import { WEBHOOK_GUARD_OPTIONS, WebhookGuard, type VerifiedRequest } from './webhook.guard.js';
import { deliveryHttp } from '../http/delivery-http.js';

const KEY = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const OTHER_KEY = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;
const EVENTS_V1 = 'application/vnd.docker.distribution.events.v1+json';
const BODY = '{"events": [ ]}';

@Controller('hook')
class HookController {
  readonly ids: string[] = [];

  @Post()
  @UseGuards(WebhookGuard)
  receive(@Req() request: VerifiedRequest): void {
    this.ids.push(request.webhook.id);
  }
}

@Module({
  controllers: [HookController],
  providers: [{ provide: WEBHOOK_GUARD_OPTIONS, useValue: { keys: [KEY] } }],
})
class ReceiverModule {}

describe('WebhookGuard', () => {
  let app: INestApplication;
  let url = '';

  const start = async (rawBody: boolean) => {
    const testing = await Test.createTestingModule({ imports: [ReceiverModule] })
      .setLogger(false as never)
      .compile();
    const fastify = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
      rawBody,
      logger: false,
    });
    // As the guard's own comment tells receivers to.
    fastify.useBodyParser(/^application\/.*json/, {}, (_request, body, done) =>
      done(null, JSON.parse(body.toString())),
    );
    await fastify.listen(0, '127.0.0.1');
    url = `${await fastify.getUrl()}/hook`;
    app = fastify;
  };

  const post = async (key: string) => {
    const settings = endpointSettings(
      { name: 'a', url, timeoutMs: 5_000, signing: { keys: [key] } },
      'Herald/test',
    );
    const client = new EndpointClients(deliveryHttp(), new SystemClock(), new SystemHostResolver()).create(
      settings,
    );
    const encoded = { contentType: EVENTS_V1, headers: {}, body: BODY };
    const result = await client.post(encoded, { log: 'the-log', eventIds: ['the-event'], sequences: [1] });
    client.close();
    return result;
  };

  afterEach(() => app.close());

  it('lets in what Herald signed, byte for byte as it came, and says what it is', async () => {
    await start(true);
    await expect(post(KEY)).resolves.toMatchObject({ status: 201 });
    expect(app.get(HookController).ids).toEqual(['the-event']);
  });

  it('keeps out what another key signed', async () => {
    await start(true);
    await expect(post(OTHER_KEY)).resolves.toMatchObject({ status: 403 });
    expect(app.get(HookController).ids).toEqual([]);
  });

  it('fails where the bytes of bodies are not kept, and lets nothing in', async () => {
    await start(false);
    await expect(post(KEY)).resolves.toMatchObject({ status: 500 });
    expect(app.get(HookController).ids).toEqual([]);
  });
});
