import { Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  Matches,
  Max,
  Min,
  registerDecorator,
  ValidateNested,
} from 'class-validator';
import { isProxySetting } from './proxy/proxy.js';

/** Longest wait in ms that a setting may ask for: what Node's timers take. */
const MAX_WAIT_MS = 2 ** 31 - 1;

class TimeoutsShape {
  @IsOptional() @IsInt() @Min(1) @Max(MAX_WAIT_MS) connectMs?: number;
  @IsOptional() @IsInt() @Min(1) @Max(MAX_WAIT_MS) firstByteMs?: number;
}

class HandshakeShape {
  @Matches(/^[\w.:[\]-]{1,253}$/)
  origin!: string;
}

/** The message never holds the value: a proxy's URL may have credentials in it. */
function IsProxySetting(): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'isProxySetting',
      target: target.constructor,
      propertyName: String(property),
      options: { message: 'proxy must be none, environment, or the http or https URL of a proxy' },
      validator: { validate: isProxySetting },
    });
  };
}

/** What `HttpOptions` must look like. */
export class HttpShape {
  @IsOptional() @IsObject() @ValidateNested() @Type(() => TimeoutsShape) timeouts?: TimeoutsShape;
  @IsOptional() @IsIn(['none', 'gzip']) compression?: string;
  @IsOptional() @IsProxySetting() proxy?: string;
  @IsOptional() @IsObject() @ValidateNested() @Type(() => HandshakeShape) handshake?: HandshakeShape;
}
