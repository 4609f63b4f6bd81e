import { Type } from 'class-transformer';
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
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { BacklogShape } from '../backlog/backlog-shape.js';
import { ENDPOINT_TYPES, isWebhook } from '../endpoint-types.js';
import { HttpShape } from '../http/http.options-shape.js';
import type { FormatName } from '../notifications.options.js';
import {
  MAX_WAIT_MS,
  Satisfies,
  areHeaders,
  arePemSources,
  areUniqueNames,
  isBeginning,
  isHostName,
  isHttpUrl,
  isPemSource,
  isSchedule,
} from './option-rules.js';

const FORMATS: readonly FormatName[] = ['distribution.v1', 'distribution.v2', 'cloudevents'];
const MODES = ['structured', 'binary', 'batched'] as const;
const ORDERINGS = ['lane', 'endpoint', 'none'] as const;
const REDIRECTS = ['fail', 'accept'] as const;
const SCHEDULE = 'schedule must be standard, distribution, or a list of waits in ms';
const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const FSYNC = ['always', 'never'] as const;
const LAYOUTS = ['compact', 'upstream'] as const;

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
  @Satisfies('isBeginning', isBeginning, 'from must be now, oldest, or a sequence of the log')
  from?: string | number;
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

/** The options as they must be, without what only shows when it is compiled. */
export class OptionsShape {
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
