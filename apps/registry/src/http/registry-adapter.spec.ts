import { once } from 'node:events';
import { request as httpRequest, type ClientRequest } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistryAdapter } from './registry-adapter.js';
import { RequestContexts } from './request-context.js';
import { ServerAddresses } from './server-addresses.js';

describe('a connection that lies still for the idle time', () => {
  let fastify: FastifyInstance;
  let answer: () => void;
  let asked: Promise<Socket>;

  beforeEach(async () => {
    const options = { prefix: '', headers: {}, metricsPath: undefined, observers: [] };
    fastify = createRegistryAdapter(options, new RequestContexts(), new ServerAddresses()).getInstance();
    asked = new Promise((reached) => {
      fastify.put('/v2/slow', ({ raw: request }, reply) => {
        reply.hijack();
        request.resume();
        answer = () => reply.raw.end('done');
        reached(request.socket);
      });
    });
    await fastify.listen({ host: '127.0.0.1', port: 0 });
  });

  afterEach(() => fastify.close());

  function put(sizeBytes: number): ClientRequest {
    const { port } = fastify.server.address() as AddressInfo;
    const headers = { 'Content-Length': sizeBytes };
    return httpRequest({ port, host: '127.0.0.1', path: '/v2/slow', method: 'PUT', headers, agent: false });
  }

  it('stays open while its client waits for the registry', async () => {
    const request = put(0);
    const answered = once(request, 'response');
    request.end();
    const socket = await asked;
    socket.emit('timeout');
    expect(socket.destroyed).toBe(false);
    answer();
    await expect(answered).resolves.toMatchObject([{ statusCode: 200 }]);
  });

  it('ends when its client stopped in the middle of a body', async () => {
    const request = put(10);
    const failed = once(request, 'error');
    request.write('half');
    const socket = await asked;
    socket.emit('timeout');
    expect(socket.destroyed).toBe(true);
    await expect(failed).resolves.toMatchObject([{ code: 'ECONNRESET' }]);
  });
});
