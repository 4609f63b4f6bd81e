import { Controller, Delete, Get, HttpCode, Post, Query, UseGuards } from '@nestjs/common';
import { type Query as QueryParameters } from '../../distribution/query.js';
import { RegistryError } from '../../http/registry-error.js';
import { BackupError } from '../backup/backup.error.js';
import { Backups, type BackupStatus } from '../backup/backups.js';
import { AdminGuard } from './admin.guard.js';
import { numberOf, onceOf } from './admin-query.js';
import { Describe } from './openapi/admin-operation.js';
import { COUNT, DURATION_MS, object, oneOf, TEXT, TIME } from './openapi/schema.js';

/** s for which collection is held when nothing else is said: a night, and a day to notice that the copying failed. */
const DEFAULT_HOLD_S = 24 * 3_600;

/** 30 days. */
const LONGEST_HOLD_S = 30 * 24 * 3_600;

/** The longest path that the usual systems take. */
const LONGEST_PATH = 4_096;

const STATUS = object(
  { state: oneOf('none', 'copying', 'listing', 'finished', 'failed') },
  {
    directory: TEXT,
    donePages: COUNT,
    totalPages: COUNT,
    blobs: { ...COUNT, description: 'blobs on the list so far' },
    blobBytes: COUNT,
    durationMs: DURATION_MS,
    heldUntil: {
      ...TIME,
      description: 'until then no blob of the list is removed, unless the hold is released',
    },
    reason: TEXT,
  },
);

/** Backups: one at a time, in a directory of the machine that Herald runs on. */
@Controller('admin/v1/backup')
@UseGuards(AdminGuard)
export class BackupsAdminController {
  constructor(private readonly backups: Backups) {}

  @Get()
  @Describe({
    summary: 'How the last backup fares',
    answer: { description: 'What is being done, or how it ended', schema: STATUS },
  })
  status() {
    return viewOf(this.backups.status);
  }

  @Post()
  @HttpCode(202)
  @Describe({
    summary: 'Begin a backup',
    description:
      'Writes herald.db, the database as it is at one moment, and blobs.tsv, the list of blobs to be copied afterwards, to a directory. ' +
      'Garbage collection is held from before that on.',
    query: [
      { name: 'directory', description: 'absolute path of a new or empty directory; required', schema: TEXT },
      {
        name: 'holdSeconds',
        description: 'how long collection is held, if the hold is not released before',
        schema: { type: 'integer', minimum: 0, maximum: LONGEST_HOLD_S, default: DEFAULT_HOLD_S },
      },
    ],
    answer: { status: 202, description: 'It is begun', schema: STATUS },
    refusals: ['PARAMETER_INVALID', 'CONFLICT'],
  })
  async begin(@Query() query: QueryParameters) {
    const directory = onceOf(query, 'directory') ?? '';
    if (directory === '' || directory.length > LONGEST_PATH || directory.includes('\0')) {
      throw new RegistryError('PARAMETER_INVALID', 'directory must be the path of a directory');
    }
    const holdS = numberOf(query, 'holdSeconds', { from: 0, upTo: LONGEST_HOLD_S }) ?? DEFAULT_HOLD_S;
    try {
      return viewOf(await this.backups.begin(directory, holdS * 1_000));
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      throw new RegistryError(error.code === 'UNDER_WAY' ? 'CONFLICT' : 'PARAMETER_INVALID', error.message);
    }
  }

  @Delete('hold')
  @HttpCode(204)
  @Describe({
    summary: 'End the hold on garbage collection',
    description: 'To be asked when the blobs of the list are copied.',
    answer: { status: 204, description: 'Collection may go on' },
  })
  async release(): Promise<void> {
    await this.backups.release();
  }
}

function viewOf(status: BackupStatus) {
  if (status.state !== 'finished') return status;
  const { heldUntilMs, ...rest } = status;
  return { ...rest, heldUntil: new Date(heldUntilMs).toISOString() };
}
