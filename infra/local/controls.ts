/** Faults that the local cloud injects on demand: each a probability from 0 to 1 per call. */
export interface Faults {
  /** DynamoDB transactions cancelled with TransactionConflict, single writes refused likewise. */
  conflicts: number;
  /** DynamoDB calls refused with ProvisionedThroughputExceededException. */
  throttles: number;
  /** SES sends refused with Throttling. */
  mailThrottles: number;
}

/** A control that somebody outside adds to the clock and the faults, such as the behaviour of a partner's sandbox. */
export interface Control {
  /** What is set, as part of the state of all controls. */
  state(): object;
  /** Sets it. @throws InvalidControl */
  set(body: Record<string, unknown>): void;
}

/** A value that a control cannot take; the message goes to the caller. */
export class InvalidControl extends Error {}

/**
 * What tests and demonstrations may bend: the clock of everything and the faults. One object, shared by every
 * part of the local cloud; the clock's offset lies in shared memory, so that worker threads read the same time.
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

  /** The local cloud's time: the machine's, moved by what was asked for. */
  now(): Date {
    return new Date(Date.now() + (this.#offsetMs[0] ?? 0));
  }

  /** Moves the clock so that it is `now` at this moment and runs on from there; `null` returns it to the machine's. */
  setNow(now: Date | null): void {
    this.#offsetMs[0] = now === null ? 0 : now.getTime() - Date.now();
  }

  /** True with the given probability: whether a fault strikes this call. */
  strikes(probability: number): boolean {
    return probability > 0 && Math.random() < probability;
  }
}
