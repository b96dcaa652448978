import { performance } from 'node:perf_hooks';

/** How many training steps contenders run before their losses are compared. */
const STEPS = 20;

/** Steps that take longer, in milliseconds, would keep all others waiting for minutes. The first may compile. */
const PATIENCE = { first: 20_000, later: 3000 };

/**
 * The loss after 20 steps, as a list of results. `step` returns the loss or a promise of it, and `read` takes its
 * number out and releases it. `now` is the time in milliseconds.
 *
 * @throws {Error} If the first step takes more than 20 seconds, or another more than 3.
 */
export async function trainedLoss(step, read, now = () => performance.now()) {
  let loss;
  for (let i = 0; i < STEPS; i++) {
    const start = now();
    loss = read(await step());
    const spent = now() - start;
    if (spent > (i === 0 ? PATIENCE.first : PATIENCE.later))
      throw new Error(`a step takes ${(spent / 1e3).toFixed(1)} s, which is too long`);
  }
  return [loss];
}
