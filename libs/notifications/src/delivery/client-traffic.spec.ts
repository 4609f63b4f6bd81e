import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.js';
import { HttpClientTraffic } from './client-traffic.js';

describe('HttpClientTraffic', () => {
  const clock = new ManualClock();
  let traffic: HttpClientTraffic;
  let server: Server;

  beforeEach(async () => {
    traffic = new HttpClientTraffic(clock);
    server = createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    traffic.onApplicationShutdown();
    await new Promise((resolve) => server.close(resolve));
  });

  const request = () => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);

  it('sees a request to any HTTP server of this process, and expects more for a moment', async () => {
    expect(traffic.isNear).toBe(false);
    await request();
    expect(traffic.isNear).toBe(true);
    clock.advance(24);
    expect(traffic.isNear).toBe(true);
    clock.advance(1);
    expect(traffic.isNear).toBe(false);
    await request();
    expect(traffic.isNear).toBe(true);
  });

  it('looks no more after the application has ended', async () => {
    traffic.onApplicationShutdown();
    await request();
    expect(traffic.isNear).toBe(false);
  });
});
