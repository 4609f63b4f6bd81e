import { SetMetadata } from '@nestjs/common';
import type { ReferenceObject, SchemaObject } from '@nestjs/swagger';
import type { RegistryErrorCode } from '../../../http/registry-error.js';

/** A JSON Schema, as OpenAPI 3.1 takes it. */
export type Schema = SchemaObject | ReferenceObject;

/** A parameter of a query. All are optional: a route's path says what it is about. */
export interface QueryParameter {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
}

/** What a route of the admin API does, for its OpenAPI description. */
export interface AdminOperation {
  /** A few words. */
  readonly summary: string;
  /** What is worth knowing beside them. */
  readonly description?: string;
  readonly query?: readonly QueryParameter[];
  /** Of a body in JSON; none without it. */
  readonly body?: Schema;
  readonly answer: {
    /** Default 200. */
    readonly status?: number;
    /** What the answer says; an answer that has no schema has no body. */
    readonly description: string;
    readonly schema?: Schema;
    /** A further media type in which it is sent to whoever accepts that. */
    readonly stream?: string;
  };
  /** Codes of its refusals; what every route refuses (a missing token) comes by itself. */
  readonly refusals?: readonly RegistryErrorCode[];
}

/** Metadata key of {@link Describe}. */
export const ADMIN_OPERATION = 'herald:admin-operation';

/**
 * Describes a route of the admin API. Every one has to be described. It is only noted here: the library that makes a document of it is loaded
 * when somebody asks for that, because it takes a quarter of a second.
 */
export function Describe(operation: AdminOperation): MethodDecorator {
  return SetMetadata(ADMIN_OPERATION, operation);
}
