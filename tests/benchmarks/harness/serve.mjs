// The worker side of a contender: answers the driver, with one JSON object per line.
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';

/**
 * The number of values of each result that are sent, evenly spaced; sending all of 4096×1024 would take longer than
 * computing them.
 */
const SAMPLES = 101;

/** A summary to compare results by: the size, the root mean square and a sample. */
export function digest(numbers) {
  const { length } = numbers;
  let squares = 0;
  for (const value of numbers) squares += value * value;
  const sample = Array.from({ length: Math.min(length, SAMPLES) }, (_, i) =>
    Number(numbers[Math.floor((i * (length - 1)) / Math.max(1, Math.min(length, SAMPLES) - 1))]),
  );
  return { size: length, rms: Math.sqrt(squares / length), sample };
}

/**
 * Serves tasks until the driver disconnects. A maker, found by the kind of the task, returns `step`, which computes
 * once and may return a promise, and `results`, the numbers to compare; or undefined if the contender does not support
 * the task.
 */
export function serve(versions, makers, memory = () => ({})) {
  const made = new Map();
  const answers = {
    hello: () => ({ versions }),
    async make({ id, task }) {
      const work = await makers[task.kind]?.(task);
      if (!work) return { missing: true };
      made.set(id, work);
      return { results: (await work.results()).map(digest) };
    },
    async run({ id, times }) {
      const { step } = made.get(id);
      const start = process.hrtime.bigint();
      for (let i = 0; i < times; i++) {
        const pending = step();
        if (pending instanceof Promise) await pending;
      }
      return { nanoseconds: Number(process.hrtime.bigint() - start) };
    },
    drop({ id }) {
      made.get(id)?.drop?.();
      made.delete(id);
      // Free the memory of this task before the next.
      globalThis.gc?.();
      return {};
    },
    async memory() {
      // Unreferenced arrays are freed between tasks of the event loop, after garbage collection.
      for (let turn = 0; turn < 4; turn++) {
        globalThis.gc?.();
        await setImmediate();
      }
      const { rss, heapUsed } = process.memoryUsage();
      return { peak: process.resourceUsage().maxRSS * 1024, rss, heapUsed, ...memory() };
    },
  };
  let queue = Promise.resolve();
  createInterface({ input: process.stdin }).on('line', (line) => {
    queue = queue.then(async () => {
      const request = JSON.parse(line);
      let answer;
      try {
        answer = await answers[request.do](request);
      } catch (error) {
        answer = { error: String(error) };
      }
      process.stdout.write(`@${JSON.stringify(answer)}\n`);
    });
  });
}
