import type { ReferenceObject, SchemaObject } from '@nestjs/swagger';
import type { Schema } from './admin-operation.js';

type Properties = Readonly<Record<string, Schema>>;

/** An object that has all of the first properties, and may have the others. */
export function object(required: Properties, optional: Properties = {}): SchemaObject {
  return {
    type: 'object',
    ...(Object.keys(required).length > 0 && { required: Object.keys(required) }),
    properties: { ...required, ...optional },
  };
}

export function list(items: Schema): SchemaObject {
  return { type: 'array', items };
}

export function oneOf(...values: readonly string[]): SchemaObject {
  return { type: 'string', enum: [...values] };
}

/** A schema of the document's components. */
export function named(name: string): ReferenceObject {
  return { $ref: `#/components/schemas/${name}` };
}

export const TEXT: SchemaObject = { type: 'string' };
export const FLAG: SchemaObject = { type: 'boolean' };
/** A whole number that is not negative: a count, a sequence, an id. */
export const COUNT: SchemaObject = { type: 'integer', minimum: 0 };
/** A duration in ms. */
export const DURATION_MS: SchemaObject = { type: 'number', minimum: 0 };
/** RFC 3339, in UTC. */
export const TIME: SchemaObject = { type: 'string', format: 'date-time' };
