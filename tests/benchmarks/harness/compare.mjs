// Measures contenders interleaved: each round runs all of them in a random order, so that a disturbance of the machine
// affects all alike.
import { shuffled, summary } from './statistics.mjs';

const NANO = 1e6;

export const THOROUGH = { rounds: 15, sample: 20, warm: 500, budget: 4000 };
export const QUICK = { rounds: 5, sample: 8, warm: 40, budget: 1000 };

/**
 * Times one repetition of each candidate, `{ name, run(times) → nanoseconds }`. A sample lasts about `sample`
 * milliseconds after `warm` of them; a candidate so slow that its rounds would exceed `budget` runs in fewer of them,
 * at least in 3.
 */
export async function compare(candidates, { rounds, sample, warm, budget }) {
  const entries = [];
  for (const { name, run } of candidates)
    entries.push({ name, run, ...(await calibrate(run, sample, warm)) });
  for (const entry of entries) {
    entry.rounds = Math.max(3, Math.min(rounds, Math.floor((budget * NANO) / (entry.single * entry.times))));
    entry.samples = [];
  }
  for (let round = 0; round < rounds; round++) {
    for (const entry of shuffled(entries)) {
      if (round < entry.rounds) entry.samples.push((await entry.run(entry.times)) / entry.times);
    }
  }
  return Object.fromEntries(entries.map(({ name, samples }) => [name, summary(samples)]));
}

/** Warms a candidate up; returns how many repetitions make a sample. */
async function calibrate(run, sample, warm) {
  let [spent, times, single] = [0, 1, Infinity];
  while (spent < warm * NANO) {
    const elapsed = await run(times);
    spent += elapsed;
    single = elapsed / times;
    times = Math.max(1, Math.min(4 * times, Math.round((sample * NANO) / single)));
  }
  return { single, times: Math.max(1, Math.round((sample * NANO) / single)) };
}
