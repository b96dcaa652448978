// Memory use, each figure from a fresh process.
import { filed } from './inputs.mjs';
import { start } from './worker.mjs';

async function fresh(contender, tell, use) {
  const worker = await start(contender, tell);
  if (!worker) return undefined;
  try {
    return await use(worker.ask);
  } finally {
    worker.stop();
  }
}

/** Throws what a worker reports as an error: a model that fails holds no memory. */
async function succeeded(answer) {
  const { error } = await answer;
  if (error) throw new Error(error);
}

/** The growth of the peak memory of a process in bytes, when it runs the task a few times. */
export const peakOf = (contender, task, tell) =>
  fresh(contender, tell, async (ask) => {
    const before = await ask({ do: 'memory' });
    await succeeded(ask({ do: 'make', id: 0, task: filed(task) }));
    await succeeded(ask({ do: 'run', id: 0, times: 5 }));
    const after = await ask({ do: 'memory' });
    return after.peak - before.peak;
  });

/** The memory in use after some numbers of steps. */
export const heldAfter = (contender, task, counts, tell) =>
  fresh(contender, tell, async (ask) => {
    const WARM = 20; // The maker runs these steps for a loss to compare.
    await succeeded(ask({ do: 'make', id: 0, task: filed(task) }));
    let done = WARM;
    const held = [];
    for (const steps of counts) {
      await succeeded(ask({ do: 'run', id: 0, times: steps - done }));
      done = steps;
      held.push({ steps, ...(await ask({ do: 'memory' })) });
    }
    return held;
  });
