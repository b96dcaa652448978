// Measures the tasks of a group with all contenders that support them.
import { difference } from './agree.mjs';
import { compare } from './compare.mjs';
import { clear, filed } from './inputs.mjs';

/** The largest error of a result relative to its magnitude. */
const TOLERANCE = 1e-3;

/**
 * The times by contender, with the task. Contenders whose results differ from those of the first worker are left out,
 * with a message.
 */
export async function measureTask(task, workers, setting, tell) {
  const given = filed(task);
  const ready = [];
  let expected;
  const knowing = workers.filter(({ kinds }) => !kinds || kinds.includes(task.kind));
  for (const worker of knowing) {
    const { results, missing, error } = await worker.ask({ do: 'make', id: 0, task: given });
    if (missing) continue;
    expected ??= results;
    const wrong = error ?? difference(expected, results, task.tolerance ?? TOLERANCE);
    if (wrong) tell(`${worker.name} is excluded from ${task.kind} ${task.title}: ${wrong}`);
    else ready.push(worker);
  }
  const candidates = ready.map(({ name, ask }) => ({
    name,
    async run(times) {
      const { nanoseconds, error } = await ask({ do: 'run', id: 0, times });
      if (error) throw new Error(`${name}, ${task.kind} ${task.title}: ${error}`);
      return nanoseconds;
    },
  }));
  const times = await compare(candidates, { ...setting, warm: setting.warm * (task.warmer ?? 1) });
  for (const { ask } of knowing) await ask({ do: 'drop', id: 0 });
  clear();
  const { kind, pass, title, elements, operations } = task;
  return { kind, pass, title, elements, operations, times };
}
