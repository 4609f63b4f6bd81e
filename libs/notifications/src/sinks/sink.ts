/** Somewhere that events go to. The broadcaster starts, wakes and stops sinks; what they do with the log is theirs. */
export abstract class Sink {
  abstract readonly name: string;

  /** The log may have more events than the sink has read. Comes often: it must be cheap. */
  abstract wake(): void;

  /** Takes nothing new. Resolves when what is under way is finished, at the latest after `deadlineMs`. */
  abstract stop(deadlineMs: number): Promise<void>;
}
