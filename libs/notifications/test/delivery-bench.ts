import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, vi, type MockInstance } from 'vitest';
import type { WebhookOptions } from '../src/notifications.options.js';
import { NotificationsApp, type Thing } from './notifications-app.js';
import { Receiver } from './receiver.js';
import { waitFor } from './wait-for.js';

/** A row of `dead_letters`. */
interface LetterRow {
  readonly endpoint: string;
  readonly reason: string;
  readonly attempts: number;
  readonly last_status: number;
  readonly last_answer: string;
}

/** An application and a receiver, new for each test. */
export class DeliveryBench {
  app!: NotificationsApp;
  receiver!: Receiver;
  /** What was logged as a warning. */
  warn!: MockInstance<Logger['warn']>;

  async setUp(): Promise<void> {
    this.warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    this.app = new NotificationsApp();
    this.receiver = await Receiver.start();
  }

  async tearDown(): Promise<void> {
    await this.app.remove();
    await this.receiver.stop();
    vi.restoreAllMocks();
  }

  /** An endpoint at the receiver that retries at once, so that nothing has to wait for a schedule. */
  endpoint(name: string, options: Partial<WebhookOptions> = {}): WebhookOptions {
    return { name, url: this.receiver.url, format: 'cloudevents', backoffMs: 1, maxBackoffMs: 5, ...options };
  }

  /** Resolves when the receiver has this many requests. */
  async arrived(count: number): Promise<void> {
    await waitFor(() => this.receiver.requests.length >= count);
  }

  /** Resolves when this many events of the endpoint are delivered or dead, and no other is known. */
  async done(name: string, count: number): Promise<void> {
    await waitFor(
      () => {
        const { Pending, Successes, deadLetters } = this.app.metrics(name);
        return Pending === 0 && Successes + deadLetters === count;
      },
      { timeoutMs: 15_000 },
    );
  }

  /** What arrived, as lane and number: `x1`. */
  things(): readonly string[] {
    return this.receiver.data().map((data) => {
      const { lane, n } = data as Thing;
      return `${lane}${n}`;
    });
  }

  letters(): Promise<readonly LetterRow[]> {
    return this.app.database.read(
      'SELECT endpoint, reason, attempts, last_status, last_answer FROM dead_letters ORDER BY id',
    ) as unknown as Promise<readonly LetterRow[]>;
  }
}

export function useDelivery(): DeliveryBench {
  const bench = new DeliveryBench();
  beforeEach(() => bench.setUp());
  afterEach(() => bench.tearDown());
  return bench;
}
