import { Injectable } from '@nestjs/common';
import { Disk } from '@herald/database';
import { Gauge, Registry } from 'prom-client';

const STATES = ['writable', 'low', 'full', 'readonly'] as const;

/** Whether the disk takes what is pushed, and how near it is to its end. Read when somebody asks. */
@Injectable()
export class DiskMetrics {
  constructor(registry: Registry, disk: Disk) {
    registry.registerMetric(
      new Gauge({
        name: 'herald_disk_state',
        help: '1 for the state that the disk is in; in any but writable pushes are refused',
        labelNames: ['state'],
        registers: [],
        collect() {
          for (const state of STATES) this.set({ state }, disk.state === state ? 1 : 0);
        },
      }),
    );
    registry.registerMetric(
      new Gauge({
        name: 'herald_disk_free_bytes',
        help: 'Bytes that were free when last looked at, of the fuller one where data and database lie on two disks',
        registers: [],
        collect() {
          if (disk.freeBytes === undefined) this.reset();
          else this.set(disk.freeBytes);
        },
      }),
    );
    registry.registerMetric(
      new Gauge({
        name: 'herald_disk_reserve_bytes',
        help: 'Bytes of the reserve that are there to be given up when the disk is full',
        registers: [],
        collect() {
          this.set(disk.reserveBytes);
        },
      }),
    );
  }
}
