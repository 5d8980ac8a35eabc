/** Faults that the local cloud injects on demand: each a probability from 0 to 1 per call. */
export interface Faults {
  /** DynamoDB transactions cancelled with TransactionConflict, single writes refused likewise. */
  conflicts: number;
  /** DynamoDB calls refused with ProvisionedThroughputExceededException. */
  throttles: number;
  /** SES sends refused with Throttling. */
  mailThrottles: number;
}

/** A control beside the clock and the faults, such as the behaviour of a partner's sandbox. */
export interface Control {
  /** What is set, as part of the state of all controls. */
  state(): object;
  /** Sets it. @throws InvalidControl */
  set(body: Record<string, unknown>): void;
}

/** A value that a control cannot take; the message goes to the caller. */
export class InvalidControl extends Error {}

/**
 * The clock and the faults, which tests and demonstrations change. Every part of the local cloud shares one object.
 * The clock's offset is in shared memory, so that worker threads read the same time.
 */
export class Controls {
  readonly clockCell: SharedArrayBuffer;
  readonly faults: Faults = { conflicts: 0, throttles: 0, mailThrottles: 0 };
  /** The controls that were added, by name. */
  readonly added: Readonly<Record<string, Control>>;
  readonly #offsetMs: Float64Array;

  constructor(added: Readonly<Record<string, Control>> = {}) {
    this.added = added;
    this.clockCell = new SharedArrayBuffer(8);
    this.#offsetMs = new Float64Array(this.clockCell);
  }

  /** The local cloud's time: the machine's plus the offset. */
  now(): Date {
    return new Date(Date.now() + (this.#offsetMs[0] ?? 0));
  }

  /** Moves the clock so that it is `now` at this moment and runs on from there; `null` returns it to the machine's. */
  setNow(now: Date | null): void {
    this.#offsetMs[0] = now === null ? 0 : now.getTime() - Date.now();
  }

  /** Whether a fault strikes this call: true with the given probability. */
  strikes(probability: number): boolean {
    return probability > 0 && Math.random() < probability;
  }
}
