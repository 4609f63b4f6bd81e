import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';

interface Content {
  readonly [mediaType: string]: { readonly schema: object } | undefined;
}

type Responses = Readonly<Record<string, { readonly content?: Content }>>;

/** As far as answers are judged by it. */
export interface AdminApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Responses }>>>>;
  readonly components: { readonly schemas: object };
}

/** An answer as it came. */
export interface JudgedAnswer {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

/** Judges answers of the admin API by its OpenAPI description: a route, a status or a property that is not in it is a fault. */
export class AdminAnswers {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #api: AdminApi;

  constructor(api: AdminApi) {
    this.#api = closed(api) as AdminApi;
    ajvFormats.default(this.#ajv);
    this.#ajv.addSchema({ $id: 'api', components: this.#api.components });
  }

  /** @throws when the answer is not one of those that are described */
  judge(answer: JudgedAnswer): void {
    const { method, path, status, body } = answer;
    const responses = this.#responses(method, path);
    if (responses === undefined) {
      // What is no route is not described, and must not be there.
      if (status === 404 || status === 405) return;
      throw new Error(`${method} ${path} is not described`);
    }
    const described = responses[String(status)];
    if (described === undefined) throw new Error(`${method} ${path}: ${status} is not described: ${body}`);
    const fault = this.#faultOf(body, described.content?.['application/json']?.schema);
    if (fault !== undefined) throw new Error(`${method} ${path}: ${status}: ${fault}: ${body}`);
  }

  #responses(method: string, path: string): Responses | undefined {
    const routes = Object.keys(this.#api.paths).filter((known) => fits(known, path));
    // As OpenAPI has it: one that is written out goes before one with parameters.
    const [route] = routes.toSorted((one, other) => parametersOf(one) - parametersOf(other));
    return route === undefined ? undefined : this.#api.paths[route]?.[method.toLowerCase()]?.responses;
  }

  #faultOf(body: string, schema: object | undefined): string | undefined {
    if (schema === undefined) return body === '' ? undefined : 'a body is not described';
    const { $ref } = schema as { $ref?: string };
    const validate = this.#ajv.compile($ref === undefined ? absolute(schema) : { $ref: `api${$ref}` });
    return validate(JSON.parse(body)) ? undefined : this.#ajv.errorsText(validate.errors);
  }
}

function fits(route: string, path: string): boolean {
  const pattern = route.replaceAll(/[.]/g, '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(path);
}

/** References from outside of the document. */
function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"api#/components')) as object;
}

/** The same with no property allowed that is not described. Clients must be more patient. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, closed(inner)] as const);
  const open =
    'properties' in value && !('additionalProperties' in value) && Reflect.get(value, 'type') === 'object';
  return Object.fromEntries(open ? [...entries, ['additionalProperties', false]] : entries);
}

function parametersOf(route: string): number {
  return route.split('{').length;
}
