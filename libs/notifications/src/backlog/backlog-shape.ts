import { IsIn, IsInt, IsOptional, Min } from 'class-validator';

const ON_LIMIT = ['detach', 'refuse'] as const;

/** What `backlog` may look like in the module's options. */
export class BacklogShape {
  @IsOptional() @IsInt() @Min(0) maxEvents?: number;
  @IsOptional() @IsInt() @Min(0) maxBytes?: number;
  @IsOptional() @IsIn(ON_LIMIT) onLimit?: string;
}
