import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import type { RegistryConfig } from './config/registry-config.js';
import { createRegistryAdapter } from './http/registry-adapter.js';
import { RequestContexts } from './http/request-context.js';
import { ServerAddresses } from './http/server-addresses.js';
import { accessLogOf } from './logging/access-log.js';
import { AdminApiDocument } from './operations/admin/openapi/admin-api-document.js';
import type { ReloadableConfig } from './operations/config-reload.js';
import type { DebugModuleOptions } from './operations/debug/debug.module.js';
import { HttpMetrics } from './operations/metrics/http-metrics.js';
import { RegistryModule } from './registry.module.js';

/** The application, ready to listen: tests and the program start the same thing. */
export interface RegistryApp {
  readonly app: NestFastifyApplication;
  readonly addresses: ServerAddresses;
}

/**
 * @param logger false for an application that says nothing: neither a log nor an access log
 * @param reloadable where the configuration is read again when somebody asks for it
 */
export async function createApp(
  config: RegistryConfig,
  logger: LoggerService | false,
  reloadable?: ReloadableConfig,
): Promise<RegistryApp> {
  const contexts = new RequestContexts();
  const addresses = new ServerAddresses();
  const metrics = metricsOf(config);
  const accessLog =
    logger === false
      ? undefined
      : accessLogOf(config.log, (request) => addresses.addressOf(request) === 'registry');
  const observers = [accessLog, metrics && new HttpMetrics(metrics.registry)];
  const adapter = createRegistryAdapter(
    {
      prefix: config.http.prefix,
      headers: config.http.headers,
      metricsPath: metrics?.path,
      observers: observers.filter((observer) => observer !== undefined),
    },
    contexts,
    addresses,
  );
  const app = await NestFactory.create<NestFastifyApplication>(
    RegistryModule.forRoot({ config, contexts, metrics, reloadable }),
    adapter,
    {
      bodyParser: false,
      logger,
      abortOnError: false,
    },
  );
  app.get(AdminApiDocument).describes(app);
  return { app, addresses };
}

/** Metrics are kept where they can be read: on the debug address, unless they are switched off. */
function metricsOf({ http: { debug } }: RegistryConfig): DebugModuleOptions['metrics'] {
  if (debug?.prometheus.enabled !== true) return undefined;
  return { registry: new Registry(), path: `/${debug.prometheus.path.replaceAll(/^\/+|\/+$/g, '')}` };
}
