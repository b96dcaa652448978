import { Random } from '../../array/index.js';
import { quartiles } from '../statistics/order.js';

/** A function to time, with its name. */
export interface Contender {
  readonly name: string;
  run(): void;
}

/** How long one run takes. */
export interface Timing {
  /** The median of the rounds, in nanoseconds. */
  readonly nanoseconds: number;
  /** One time per round, in nanoseconds. All contenders of a round were timed one right after another. */
  readonly samples: readonly number[];
}

interface Pace {
  /** How often each contender is timed. */
  readonly rounds: number;
  /** How long each contender runs in a round, in milliseconds; at least once. */
  readonly milliseconds: number;
  /** The seed of the order in each round. */
  readonly seed: number;
  /** Called with a contender that throws, which is then left out; without it, the error is thrown. */
  readonly onError?: ((name: string, error: unknown) => void) | undefined;
}

const WARM_SAMPLES = 4;
const PER_MILLISECOND = 1e6;

/**
 * Times contenders in rounds: each round runs all of them, in a new random order, so that a disturbance of the machine
 * hits all alike. Yields the share of the work that is done, after every sample.
 */
export function* interleaved(
  contenders: readonly Contender[],
  { rounds, milliseconds, seed, onError }: Pace,
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
      if (!onError) throw error;
      gone.add(name);
      onError(name, error);
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

/** Warms a contender up; returns how many runs take this many milliseconds. */
function calibrated({ run }: Contender, milliseconds: number): number {
  const sample = milliseconds * PER_MILLISECOND;
  let [spent, times] = [0, 1];
  for (;;) {
    const time = elapsed(run, times);
    spent += time;
    const fitting = Math.max(1, Math.round((sample * times) / time));
    if (spent >= WARM_SAMPLES * sample) return fitting;
    // The first runs are slow: approach the number that they suggest step by step.
    times = Math.min(fitting, 4 * times);
  }
}

function elapsed(run: () => void, times: number): number {
  const start = performance.now();
  for (let i = 0; i < times; i++) run();
  // A coarse clock may show no time at all for a short run.
  return Math.max(1, (performance.now() - start) * PER_MILLISECOND);
}
