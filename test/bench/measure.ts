/** What two pieces of work cost beside each other. */
export interface Paired {
  /** How many times as long the first takes as the second. */
  ratio: number;
  /** Microseconds a run of each, on this machine and today. */
  first: number;
  second: number;
}

interface Rounds {
  rounds: number;
  /** Runs of each in one round: many for what takes less than the clock can tell. */
  batch: number;
}

export type Work = () => unknown;

/**
 * Runs both in turns, batch by batch, and takes medians: what else the machine does hits both alike, and the few
 * rounds that it hits hard fall out.
 */
export function paired(first: Work, second: Work, sizes: Rounds): Promise<Paired> {
  return inTurns(first, second, sizes, timed);
}

/** As `paired`, for work that never waits: nothing but the work itself is in the time. */
export function pairedSync(first: Work, second: Work, sizes: Rounds): Promise<Paired> {
  return inTurns(first, second, sizes, timedSync);
}

async function inTurns(
  first: Work,
  second: Work,
  { rounds, batch }: Rounds,
  time: (work: Work, batch: number) => number | Promise<number>,
): Promise<Paired> {
  const times: [number, number][] = [];
  const warmUp = Math.ceil(rounds / 3);
  for (let round = -warmUp; round < rounds; round++) {
    const swapped = round % 2 !== 0;
    const one = await time(swapped ? second : first, batch);
    const other = await time(swapped ? first : second, batch);
    if (round >= 0) times.push(swapped ? [other, one] : [one, other]);
  }
  return {
    ratio: median(times.map(([a, b]) => a / b)),
    first: median(times.map(([a]) => a)),
    second: median(times.map(([, b]) => b)),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 0 ? (low + high) / 2 : high;
}

async function timed(work: Work, batch: number): Promise<number> {
  const start = performance.now();
  for (let run = 0; run < batch; run++) await work();
  return ((performance.now() - start) * 1000) / batch;
}

/** Where results go, so that no work is left out as useless. */
export let lastResult: unknown;

function timedSync(work: Work, batch: number): number {
  const start = performance.now();
  for (let run = 0; run < batch; run++) lastResult = work();
  return ((performance.now() - start) * 1000) / batch;
}
