import { Injectable, type INestApplication, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { HERALD_VERSION } from '@herald/notifications';
import { wireOf, type RegistryErrorCode } from '../../../http/registry-error.js';
import { ADMIN_OPERATION, type AdminOperation } from './admin-operation.js';
import { ADMIN_SCHEMAS } from './admin-schemas.js';
import { named } from './schema.js';

type Swagger = typeof import('@nestjs/swagger');

type PathItemObject = OpenAPIObject['paths'][string];
type OperationObject = NonNullable<PathItemObject['get']>;

/** Security scheme of an admin API that listens on the network. */
const TOKEN = 'token';

const DESCRIPTION = `What operators ask of a running Herald. It is served at the admin address alone: by default a unix socket in the data
directory, which whoever may open the file may use; on TCP with the token of \`admin.token\`. Names in paths are one part each: their slashes
are escaped.`;

/** The OpenAPI description of the admin API. It is made when it is first asked for, so that a start costs nothing of it. */
@Injectable()
export class AdminApiDocument {
  #app: INestApplication | undefined;
  #document: Promise<OpenAPIObject> | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly methods: MetadataScanner,
  ) {}

  /** The application whose routes are described. Once, before anything is asked for. */
  describes(app: INestApplication): void {
    this.#app = app;
  }

  read(): Promise<OpenAPIObject> {
    this.#document ??= this.#make();
    return this.#document;
  }

  async #make(): Promise<OpenAPIObject> {
    if (this.#app === undefined) throw new Error('the application to be described was not given');
    const swagger = await import('@nestjs/swagger');
    for (const { metatype } of this.discovery.getControllers()) {
      if (metatype !== null) this.#annotate(swagger, metatype as Type);
    }
    const settings = new swagger.DocumentBuilder()
      .setOpenAPIVersion('3.1.0')
      .setTitle('Herald admin API')
      .setDescription(DESCRIPTION.replaceAll('\n', ' '))
      .setVersion(HERALD_VERSION)
      .addBearerAuth({ type: 'http', scheme: 'bearer' }, TOKEN)
      .build();
    const document = swagger.SwaggerModule.createDocument(this.#app, settings, {
      autoTagControllers: false,
      operationIdFactory: (controller, method) =>
        `${controller.replace(/(Admin)?Controller$/, '')}.${method}`,
    });
    const paths = Object.entries(document.paths).filter(([path]) => isAdminRoute(path));
    return {
      ...document,
      paths: Object.fromEntries(paths.map(([path, item]) => [path, withPathParameters(path, item)])),
      components: { ...document.components, schemas: { ...ADMIN_SCHEMAS } },
    };
  }

  #annotate(swagger: Swagger, controller: Type): void {
    const prototype = controller.prototype as object;
    for (const name of this.methods.getAllMethodNames(prototype)) {
      const property = Object.getOwnPropertyDescriptor(prototype, name);
      const method: unknown = property?.value;
      if (property === undefined || typeof method !== 'function') continue;
      const operation = Reflect.getMetadata(ADMIN_OPERATION, method) as AdminOperation | undefined;
      if (operation === undefined) continue;
      for (const decorate of decoratorsOf(swagger, operation)) decorate(prototype, name, property);
    }
  }
}

/** Whether a route belongs to the admin API. */
export function isAdminRoute(path: string): boolean {
  return path.startsWith('/admin/') || path === '/openapi.json';
}

/** The parts of a path that vary: the library finds only those whose type it knows. */
function withPathParameters(path: string, item: PathItemObject): PathItemObject {
  const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path' as const,
    required: true,
    schema: { type: 'string' },
  }));
  const operations = Object.entries(item as Readonly<Record<string, OperationObject>>).map(
    ([method, operation]) => {
      const others = (operation.parameters ?? []).filter((known) => !('in' in known && known.in === 'path'));
      return [method, { ...operation, parameters: [...parts, ...others] }] as const;
    },
  );
  return Object.fromEntries(operations);
}

function decoratorsOf(swagger: Swagger, operation: AdminOperation): readonly MethodDecorator[] {
  const { summary, description, query = [], body, answer } = operation;
  const refusals = byStatus(['UNAUTHORIZED', ...(operation.refusals ?? [])]);
  const { status = 200, schema, stream } = answer;
  const content = schema && {
    'application/json': { schema },
    ...(stream !== undefined && { [stream]: { schema: { type: 'string' } } }),
  };
  return [
    swagger.ApiOperation({ summary, ...(description !== undefined && { description }) }),
    swagger.ApiBearerAuth(TOKEN),
    ...query.map((parameter) => swagger.ApiQuery({ ...parameter, required: false })),
    ...(body === undefined ? [] : [swagger.ApiBody({ schema: body, required: false })]),
    swagger.ApiResponse({ status, description: answer.description, ...(content && { content }) }),
    ...refusals.map(([refused, codes]) =>
      swagger.ApiResponse({
        status: refused,
        description: codes.join(', '),
        content: { 'application/json': { schema: named('Errors') } },
      }),
    ),
  ];
}

function byStatus(codes: readonly RegistryErrorCode[]): readonly (readonly [number, readonly string[]])[] {
  const statuses = new Map<number, string[]>();
  for (const { status, code } of codes.map(wireOf)) {
    statuses.set(status, [...new Set([...(statuses.get(status) ?? []), code])]);
  }
  return [...statuses];
}
