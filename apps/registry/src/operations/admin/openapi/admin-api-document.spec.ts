import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../config/load-config.js';
import { createApp } from '../../../create-app.js';
import { AdminApiDocument, isAdminRoute } from './admin-api-document.js';

/** As far as the tests look at an operation. */
interface Operation {
  readonly summary?: string;
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

describe('the OpenAPI description of the admin API', () => {
  const directory = mkdtempSync(join(tmpdir(), 'herald-openapi-'));
  const registered: string[] = [];
  let app: NestFastifyApplication;
  let document: OpenAPIObject;

  beforeAll(async () => {
    const environment = { REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: directory };
    const { config } = loadConfig({ path: undefined, environment, readFile: () => '' });
    ({ app } = await createApp(config, false));
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onRoute', ({ method, url }) => {
        if (isAdminRoute(url)) registered.push(`${String(method)} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
      });
    await app.init();
    document = await app.get(AdminApiDocument).read();
  });

  afterAll(async () => {
    await app.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const operations = (): [route: string, operation: Operation][] =>
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item as Record<string, Operation>).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );

  it('has every route of the admin API, and nothing else', () => {
    const described = operations().map(([route]) => route);
    expect(registered.length).toBeGreaterThan(10);
    expect(described.toSorted()).toEqual([...new Set(registered)].toSorted());
  });

  it('says of every route what it does, what it answers and whom it refuses', () => {
    for (const [route, { summary, responses }] of operations()) {
      expect(summary, route).toEqual(expect.stringMatching(/\w/));
      expect(Object.keys(responses), route).toContain('401');
      const successes = Object.keys(responses).filter((status) => status.startsWith('2'));
      expect(successes, route).toHaveLength(1);
      for (const { description } of Object.values(responses)) expect(description, route).toMatch(/\w/);
    }
  });

  it('has a code of its own for what is wrong with a request', () => {
    const codes = operations().flatMap(
      ([, { responses }]) => responses['400']?.description.split(', ') ?? [],
    );
    expect([...new Set(codes)].toSorted()).toEqual(['NAME_INVALID', 'PARAMETER_INVALID']);
  });

  it('names every part of a path, and refers only to schemas that it has', () => {
    for (const [route, { parameters = [] }] of operations()) {
      const parts = [...route.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
      const named = parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name);
      expect(named.toSorted(), route).toEqual(parts.toSorted());
      expect(
        parameters.every(({ name }) => /^\w+$/.test(name)),
        route,
      ).toBe(true);
    }
    const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    const schemas = Object.keys(document.components?.schemas ?? {});
    expect(schemas).toEqual(expect.arrayContaining([...references].map(([, name]) => name)));
  });
});
