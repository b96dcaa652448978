import { Random } from '../../array/index.js';
import { quartiles } from '../statistics/order.js';

/** What is timed. */
export interface Contender {
  readonly name: string;
  run(): void;
}

/** How long one run takes. */
export interface Timing {
  /** The median of the rounds, in nanoseconds. */
  readonly nanoseconds: number;
  /** By round, in nanoseconds: those of one round were measured side by side. */
  readonly samples: readonly number[];
}

export interface Pace {
  /** How often each contender is timed. */
  readonly rounds: number;
  /** How long it then runs, in milliseconds; at least once. */
  readonly milliseconds: number;
  /** Draws the order in each round. */
  readonly seed: number;
  /** Hears of a contender that throws, which is timed no more and has no timing; left out: the error is thrown. */
  readonly lost?: ((name: string, error: unknown) => void) | undefined;
}

const WARM_SAMPLES = 4;
const PER_MILLISECOND = 1e6;

/**
 * Times contenders side by side: in each round all of them, in a new random order, so that what disturbs the machine
 * disturbs all alike. Yields the share that is done after every sample.
 */
export function* interleaved(
  contenders: readonly Contender[],
  { rounds, milliseconds, seed, lost }: Pace,
): Generator<number, ReadonlyMap<string, Timing>> {
  const random = new Random(seed);
  const total = contenders.length * (rounds + 1);
  let done = 0;
  const gone = new Set<string>();
  const attempt = (name: string, time: () => void): void => {
    if (gone.has(name)) return;
    try {
      time();
    } catch (error) {
      if (!lost) throw error;
      gone.add(name);
      lost(name, error);
    }
  };
  const entries: (Contender & { readonly times: number; readonly samples: number[] })[] = [];
  for (const contender of contenders) {
    attempt(contender.name, () => {
      entries.push({ ...contender, times: calibrated(contender, milliseconds), samples: [] });
    });
    yield ++done / total;
  }
  for (let round = 0; round < rounds; round++) {
    for (const i of random.permutation(entries.length)) {
      const { name, run, times, samples } = entries[i]!;
      attempt(name, () => samples.push(elapsed(run, times) / times));
      yield ++done / total;
    }
  }
  const whole = entries.filter(({ name }) => !gone.has(name));
  return new Map(
    whole.map(({ name, samples }) => [name, { nanoseconds: quartiles(samples).median, samples }]),
  );
}

/** Warms a contender up, and returns how many runs take so long. */
function calibrated({ run }: Contender, milliseconds: number): number {
  const sample = milliseconds * PER_MILLISECOND;
  let [spent, times] = [0, 1];
  for (;;) {
    const time = elapsed(run, times);
    spent += time;
    const fitting = Math.max(1, Math.round((sample * times) / time));
    if (spent >= WARM_SAMPLES * sample) return fitting;
    // The first runs are slow: what they suggest is approached.
    times = Math.min(fitting, 4 * times);
  }
}

function elapsed(run: () => void, times: number): number {
  const start = performance.now();
  for (let i = 0; i < times; i++) run();
  // A clock may stand still for a run that is short.
  return Math.max(1, (performance.now() - start) * PER_MILLISECOND);
}
