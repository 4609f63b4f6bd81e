import { Type } from 'class-transformer';
import { IsInt, IsObject, IsOptional, Max, Min, ValidateNested } from 'class-validator';

/** Longest wait in ms that a setting may ask for: what Node's timers take. */
const MAX_WAIT_MS = 2 ** 31 - 1;

class TimeoutsShape {
  @IsOptional() @IsInt() @Min(1) @Max(MAX_WAIT_MS) connectMs?: number;
  @IsOptional() @IsInt() @Min(1) @Max(MAX_WAIT_MS) firstByteMs?: number;
}

/** What `HttpOptions` must look like. */
export class HttpShape {
  @IsOptional() @IsObject() @ValidateNested() @Type(() => TimeoutsShape) timeouts?: TimeoutsShape;
}
