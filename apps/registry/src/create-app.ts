import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RegistryConfig } from './config/registry-config.js';
import { createRegistryAdapter } from './http/registry-adapter.js';
import { RequestContexts } from './http/request-context.js';
import { ServerAddresses } from './http/server-addresses.js';
import { RegistryModule } from './registry.module.js';

/** The application, ready to listen: tests and the program start the same thing. */
export interface RegistryApp {
  readonly app: NestFastifyApplication;
  readonly addresses: ServerAddresses;
}

export async function createApp(config: RegistryConfig, logger: LoggerService | false): Promise<RegistryApp> {
  const contexts = new RequestContexts();
  const addresses = new ServerAddresses();
  const adapter = createRegistryAdapter(
    { prefix: config.http.prefix, headers: config.http.headers },
    contexts,
    addresses,
  );
  const app = await NestFactory.create<NestFastifyApplication>(
    RegistryModule.forRoot({ config, contexts }),
    adapter,
    {
      bodyParser: false,
      logger,
      abortOnError: false,
    },
  );
  return { app, addresses };
}
