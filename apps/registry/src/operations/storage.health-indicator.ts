import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Database } from '@herald/database';
import { StorageDriver } from '@herald/storage';

/** Whether blobs and metadata can be reached. Says what is wrong in one word: the rest stands in the log. */
@Injectable()
export class StorageHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly driver: StorageDriver,
    private readonly database: Database,
  ) {}

  async storage(): Promise<HealthIndicatorResult<'storage'>> {
    const check = this.indicators.check('storage');
    return reached(() => this.driver.check()).then((up) => (up ? check.up() : check.down('unreachable')));
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
  } catch {
    return false;
  }
}
