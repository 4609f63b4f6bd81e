import type { LogRecord } from '../event-log/log-record.js';
import { partsOf, type RegistryTypeParts } from './event-type.js';
import type { RegistryEvent, RegistryEventDetail } from './registry-event.js';

/** What filters ask of a record. Its JSON is parsed when the first of them needs it, and not at all if none does. */
export class RecordView {
  readonly #parts: RegistryTypeParts | undefined;
  #event: RegistryEvent | undefined;
  #detail: RegistryEventDetail | undefined;

  constructor(private readonly record: LogRecord) {
    this.#parts = partsOf(record.type);
  }

  get type(): string {
    return this.record.type;
  }

  get action(): string | undefined {
    return this.#parts?.action;
  }

  get kind(): string | undefined {
    return this.#parts?.kind;
  }

  /** The lane of a registry event is its repository. */
  get repository(): string | undefined {
    return this.#parts && this.record.lane;
  }

  get mediaType(): string | undefined {
    return this.#read()?.target.mediaType;
  }

  get tag(): string | undefined {
    return this.#read()?.target.tag;
  }

  get actor(): string | undefined {
    return this.#read()?.actor.name;
  }

  get artifactType(): string | undefined {
    if (this.#parts === undefined || this.record.detail === undefined) return undefined;
    this.#detail ??= JSON.parse(this.record.detail) as RegistryEventDetail;
    return this.#detail.artifactType;
  }

  /** Data of other families has a shape of its own. */
  #read(): RegistryEvent | undefined {
    if (this.#parts === undefined) return undefined;
    this.#event ??= JSON.parse(this.record.data) as RegistryEvent;
    return this.#event;
  }
}
