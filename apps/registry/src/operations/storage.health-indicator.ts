import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Database, Disk, refusalOf } from '@herald/database';
import { StorageDriver } from '@herald/storage';

/** Whether blobs and metadata can be reached. Says what is wrong in one word: the rest stands in the log. */
@Injectable()
export class StorageHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly driver: StorageDriver,
    private readonly database: Database,
    private readonly disk: Disk,
  ) {}

  async storage(): Promise<HealthIndicatorResult<'storage'>> {
    const check = this.indicators.check('storage');
    return reached(() => this.driver.check()).then((up) => (up ? check.up() : check.down('unreachable')));
  }

  /**
   * A disk that takes no more is told and is no fault: pulls and deliveries go on, and an orchestrator that sent them elsewhere, or
   * started the process again, would help nobody.
   */
  async room(): Promise<HealthIndicatorResult<'disk'>> {
    const { state, freeBytes, reserveBytes, refusal } = this.disk;
    return this.indicators.check('disk').up({
      state,
      pushes: refusal === undefined ? 'taken' : 'refused',
      ...(freeBytes !== undefined && { freeBytes }),
      reserveBytes,
    });
  }

  async metadata(): Promise<HealthIndicatorResult<'database'>> {
    const check = this.indicators.check('database');
    return reached(() => this.database.read('SELECT 1')).then((up) =>
      up ? check.up() : check.down('unreachable'),
    );
  }
}

async function reached(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    // A file system that cannot be written can be read: the disk's own state tells of it.
    return refusalOf(error) === 'readonly';
  }
}
