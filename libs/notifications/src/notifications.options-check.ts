import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isIP } from 'node:net';
import { plainToInstance, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  registerDecorator,
  validateSync,
  ValidateIf,
  ValidateNested,
  type ValidationError,
} from 'class-validator';
import { ENDPOINT_TYPES, isWebhook, sharedFiles, typeFaults } from './endpoint-types.js';
import { BacklogShape } from './backlog/backlog-shape.js';
import { FilterError } from './event/filter.error.js';
import { compileFilter } from './event/filter.js';
import { HttpShape } from './http/http.options-shape.js';
import { addressFaults, signingFaults, tlsFaults, type TrustFault } from './trust-faults.js';
import { NotificationsError } from './notifications.error.js';
import type {
  EndpointOptions,
  FormatName,
  NotificationsOptions,
  WebhookOptions,
} from './notifications.options.js';

const FORMATS: readonly FormatName[] = ['distribution.v1', 'distribution.v2', 'cloudevents'];
const MODES = ['structured', 'binary', 'batched'] as const;
const ORDERINGS = ['lane', 'endpoint', 'none'] as const;
const REDIRECTS = ['fail', 'accept'] as const;
const SCHEDULE = 'schedule must be standard, distribution, or a list of waits in ms';
const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const FSYNC = ['always', 'never'] as const;
const LAYOUTS = ['compact', 'upstream'] as const;

/** Longest wait in ms that a setting may ask for: what Node's timers take. */
const MAX_WAIT_MS = 2 ** 31 - 1;
const MAX_CONCURRENCY = 1_024;
const MAX_ENDPOINTS = 10_000;
const MAX_BATCH_EVENTS = 1_000;
/** Whatever else an event says, its attributes fit. */
const LEAST_LINE_BYTES = 1_024;
const MAX_BATCH_BYTES = 16 * 1_024 * 1_024;
const MAX_RATE_EVENTS = 1_000_000_000;
const MAX_RATE_MS = 24 * 3_600_000;
/** Each key is a signature in a header. */
const MAX_KEYS = 16;
const MAX_RANGES = 1_000;
const MAX_NAME_LENGTH = 255;

/** A property decorator around a plain question; the message never holds the value. */
function Satisfies(name: string, holds: (value: unknown) => boolean, message: string): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(property),
      options: { message },
      validator: { validate: holds },
    });
  };
}

function isHttpUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '';
}

function areHeaders(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([name, values]) => Array.isArray(values) && isHeader(name, values));
}

function isHeader(name: string, values: readonly unknown[]): boolean {
  try {
    validateHeaderName(name);
    for (const value of values) validateHeaderValue(name, value as string);
    return values.every((value) => typeof value === 'string');
  } catch {
    return false;
  }
}

function isPemSource(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  return typeof value === 'object' && value !== null && 'file' in value && typeof value.file === 'string';
}

function arePemSources(value: unknown): boolean {
  const sources: readonly unknown[] = Array.isArray(value) ? value : [value];
  return sources.length > 0 && sources.every(isPemSource);
}

/** SNI carries names alone: RFC 6066 §3. */
function isHostName(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    isIP(value) === 0 &&
    /^(?=.{1,253}$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(value)
  );
}

function isSchedule(value: unknown): boolean {
  if (value === 'standard' || value === 'distribution') return true;
  const isWait = (wait: unknown) =>
    Number.isInteger(wait) && Number(wait) >= 0 && Number(wait) <= MAX_WAIT_MS;
  return Array.isArray(value) && value.length > 0 && value.every(isWait);
}

function areUniqueNames(value: unknown): boolean {
  if (!Array.isArray(value)) return true;
  const names = value.map((endpoint: unknown) => (endpoint as { name?: unknown } | null)?.name);
  return new Set(names).size === names.length;
}

class IgnoreShape {
  @IsOptional() @IsArray() @IsString({ each: true }) mediaTypes?: string[];
  @IsOptional() @IsArray() @IsString({ each: true }) actions?: string[];
}

class CloudEventsShape {
  @IsOptional() @IsIn(MODES) mode?: string;
  @IsOptional() @IsString() @IsNotEmpty() source?: string;
}

class BatchShape {
  // The number of each event is in a header, and headers must stay within what receivers take.
  @IsOptional() @IsInt() @Min(1) @Max(MAX_BATCH_EVENTS) maxEvents?: number;
  @IsOptional() @IsInt() @Min(1) @Max(MAX_BATCH_BYTES) maxBytes?: number;
}

class RateShape {
  @IsInt() @Min(1) @Max(MAX_RATE_EVENTS) events!: number;
  @IsInt() @Min(1) @Max(MAX_RATE_MS) perMs!: number;
}

/** Certificates and keys are checked by reading them. */
class TlsShape {
  @IsOptional()
  @Satisfies('isPem', arePemSources, 'ca must be a certificate in PEM or { file }, or a list of them')
  ca?: unknown;
  @IsOptional()
  @Satisfies('isPem', isPemSource, 'cert must be a certificate in PEM, or { file }')
  cert?: unknown;
  @IsOptional()
  @Satisfies('isPem', isPemSource, 'key must be a private key in PEM, or { file }')
  key?: unknown;
  @IsOptional() @IsIn(TLS_VERSIONS) minVersion?: string;
  @IsOptional()
  @Satisfies('isHostName', isHostName, 'serverName must be the name of a host')
  serverName?: string;
}

/** Keys and ranges are checked by compiling them. */
class SigningShape {
  @IsArray() @ArrayMaxSize(MAX_KEYS) @IsString({ each: true }) keys!: string[];
}

class AddressesShape {
  @IsOptional() @IsArray() @ArrayMaxSize(MAX_RANGES) @IsString({ each: true }) allow?: string[];
  @IsOptional() @IsArray() @ArrayMaxSize(MAX_RANGES) @IsString({ each: true }) deny?: string[];
}

class EndpointShape extends HttpShape {
  @IsString() @Length(1, MAX_NAME_LENGTH) name!: string;
  @IsOptional() @IsIn(ENDPOINT_TYPES) type?: string;
  @ValidateIf(isWebhook)
  @Satisfies('isHttpUrl', isHttpUrl, 'url must be an http or https URL')
  url!: string;
  @IsOptional() @IsString() @IsNotEmpty() path?: string;
  @IsOptional() @IsIn(FSYNC) fsync?: string;
  @IsOptional() @IsInt() @Min(LEAST_LINE_BYTES) @Max(MAX_BATCH_BYTES) maxLineBytes?: number;
  /** Looked up in the application. */
  @IsOptional() transport?: unknown;
  @IsOptional() @IsBoolean() disabled?: boolean;
  @IsOptional()
  @Satisfies('areHeaders', areHeaders, 'headers must be valid header names, each with a list of valid values')
  headers?: object;
  @IsOptional() @IsInt() @Min(1) @Max(MAX_WAIT_MS) timeoutMs?: number;
  @IsOptional() @IsInt() @Min(1) threshold?: number;
  @IsOptional() @IsInt() @Min(1) @Max(MAX_WAIT_MS) backoffMs?: number;
  @IsOptional() @IsInt() @Min(1) @Max(MAX_WAIT_MS) maxBackoffMs?: number;
  @IsOptional() @IsInt() @Min(0) @Max(MAX_WAIT_MS) maxRetryAfterMs?: number;
  @IsOptional() @IsInt() @Min(1) maxAttempts?: number;
  @IsOptional() @IsInt() @Min(1) maxAgeMs?: number;
  @IsOptional() @IsInt() @Min(1) @Max(MAX_CONCURRENCY) concurrency?: number;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => RateShape) rate?: RateShape;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => BatchShape) batch?: BatchShape;
  @IsOptional() @IsIn(ORDERINGS) ordering?: string;
  @IsOptional() @IsIn(REDIRECTS) redirects?: string;
  @IsOptional()
  @Satisfies('isSchedule', isSchedule, SCHEDULE)
  schedule?: string | number[];
  @IsOptional() @IsIn(FORMATS) format?: string;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => IgnoreShape) ignore?: IgnoreShape;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => CloudEventsShape) cloudevents?: CloudEventsShape;
  @IsOptional() @IsIn(LAYOUTS) layout?: string;
  /** Checked by compiling them. */
  @IsOptional() only?: unknown;
  @IsOptional() except?: unknown;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => TlsShape) tls?: TlsShape;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => SigningShape) signing?: SigningShape;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => AddressesShape) addresses?: AddressesShape;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => BacklogShape) backlog?: BacklogShape;
}

class RetentionShape {
  @IsOptional() @IsInt() @Min(0) ageMs?: number;
  @IsOptional() @IsInt() @Min(0) sizeBytes?: number;
  @IsOptional() @IsInt() @Min(0) deadLetterAgeMs?: number;
}

class OptionsShape {
  @IsArray()
  @ArrayUnique((endpoint: unknown) => endpoint, { message: 'endpoints must not hold one endpoint twice' })
  @Satisfies(
    'hasBound',
    (value) => !Array.isArray(value) || value.length <= MAX_ENDPOINTS,
    'too many endpoints',
  )
  @Satisfies('areUniqueNames', areUniqueNames, 'endpoints must each have another name')
  @ValidateNested({ each: true })
  @Type(() => EndpointShape)
  endpoints!: EndpointShape[];
  @IsOptional() @IsString() @IsNotEmpty() userAgent?: string;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => AddressesShape) addresses?: AddressesShape;
  @IsOptional() @IsInt() @Min(0) @Max(MAX_WAIT_MS) drainTimeoutMs?: number;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => RetentionShape) retention?: RetentionShape;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => BacklogShape) backlog?: BacklogShape;
}

/**
 * The options, when they are what they should be.
 *
 * @throws NotificationsError `OPTIONS_INVALID` with every fault by its path, and never a value
 */
export function checkedOptions(options: NotificationsOptions): NotificationsOptions {
  const shape = plainToInstance(OptionsShape, options);
  const errors = validateSync(shape, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  });
  const faults = errors.flatMap((error) => faultsOf(error, ''));
  const all = faults.length > 0 ? faults : compilationFaults(options);
  if (all.length === 0) return options;
  throw new NotificationsError(
    'OPTIONS_INVALID',
    `the notification options are invalid:\n- ${all.join('\n- ')}`,
  );
}

function faultsOf({ property, constraints, children }: ValidationError, parent: string): readonly string[] {
  const index = /^\d+$/.test(property);
  const path = index ? `${parent}[${property}]` : parent === '' ? property : `${parent}.${property}`;
  const own = Object.values(constraints ?? {}).map((message) => `${path}: ${message}`);
  return [...own, ...(children ?? []).flatMap((child) => faultsOf(child, path))];
}

function told(place: string, faults: readonly TrustFault[]): readonly string[] {
  return faults.map(({ path, reason }) => `${place}${path}: ${reason}`);
}

function trustFaults({ signing, addresses, tls }: WebhookOptions, place: string): readonly string[] {
  return [
    ...told(`${place}signing.`, signingFaults(signing)),
    ...told(`${place}addresses.`, addressFaults(addresses)),
    ...told(`${place}tls.`, tlsFaults(tls)),
  ];
}

/** What only shows when it is compiled. */
function compilationFaults({ endpoints, addresses }: NotificationsOptions): readonly string[] {
  const ofEndpoints = endpoints.flatMap((endpoint, index) => [
    ...filterFaults(endpoint, index),
    ...told(`endpoints[${index}].`, typeFaults(endpoint)),
    ...(isWebhook(endpoint) ? trustFaults(endpoint, `endpoints[${index}].`) : []),
  ]);
  const shared = sharedFiles(endpoints).map(
    (index) => `endpoints[${index}].path: another endpoint writes to this file`,
  );
  return [...told('addresses.', addressFaults(addresses)), ...ofEndpoints, ...shared];
}

function filterFaults(endpoint: EndpointOptions, index: number): readonly string[] {
  try {
    compileFilter(endpoint);
    return [];
  } catch (error) {
    if (error instanceof FilterError) return [`endpoints[${index}].${error.path}: ${error.reason}`];
    throw error;
  }
}
