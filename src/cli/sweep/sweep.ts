import { setImmediate } from 'node:timers/promises';
import { type Plan, trainings } from './plan.js';
import type { Watcher } from './progress.js';
import { type Run, train } from './training.js';

/** How long a sweep works before it looks whether somebody wants it to stop. */
const PATIENCE = 20;

/** How many steps are made for nothing first, until the engine has compiled what all networks run. */
const WARM_UP = 60;

/**
 * Trains all that is planned, one after the other; when interrupted, returns the runs that came to their end.
 */
export async function sweep(plan: Plan, watcher: Watcher, interrupted: AbortSignal): Promise<readonly Run[]> {
  const runs: Run[] = [];
  warmUp(plan);
  let looked = performance.now();
  for (const training of trainings(plan)) {
    watcher.start(training);
    const steps = train(plan, training);
    let next = steps.next();
    while (!next.done) {
      watcher.step(next.value);
      if (performance.now() - looked > PATIENCE) {
        await setImmediate();
        looked = performance.now();
      }
      if (interrupted.aborted) return runs;
      next = steps.next();
    }
    runs.push(next.value);
    watcher.end(next.value);
  }
  return runs;
}

function warmUp(plan: Plan): void {
  const steps = train(plan, trainings(plan)[0]!);
  for (let i = 0; i < WARM_UP && !steps.next().done; i++);
}
