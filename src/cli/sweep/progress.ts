import { SingleBar } from 'cli-progress';
import type { Terminal } from '../terminal.js';
import { duration } from '../words.js';
import type { Plan, Training } from './plan.js';
import type { Run, Step } from './training.js';

/** Hears what a sweep does. */
export interface Watcher {
  start(training: Training): void;
  step(step: Step): void;
  end(run: Run): void;
  stop(): void;
}

/** Watches nothing. */
export const SILENT: Watcher = { start() {}, step() {}, end() {}, stop() {} };

/** A bar over all steps of all trainings, with the loss of the current one and the time left. */
export function bar({ split, settings, variants }: Plan, { screen }: Terminal): Watcher {
  if (!screen) return SILENT;
  const { epochs, batchSize, seeds } = settings;
  const stepsOfOne = epochs * Math.ceil(split.train.labels.length / batchSize);
  const count = seeds * variants.length;
  const widest = Math.max(...variants.map(({ name }) => name.length));
  const moving = new SingleBar({
    stream: screen,
    format: `{bar} {done}/${count}  {variant}  epoch {epoch}/${epochs}  loss {loss}  {left} left`,
    barsize: 24,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    hideCursor: true,
    clearOnComplete: true,
    fps: 8,
    gracefulExit: false,
  });
  let [done, steps] = [0, 0];
  let start: number | undefined;
  // The first steps say little of the others.
  const left = (): string => {
    const share = steps / (count * stepsOfOne);
    const elapsed = performance.now() - (start ?? 0);
    return steps < 50 ? '–' : duration((elapsed / 1000) * (1 / share - 1));
  };
  moving.start(count * stepsOfOne, 0, { done, variant: ' '.repeat(widest), epoch: 0, loss: '–', left: '–' });
  return {
    start: ({ variant }) => {
      start ??= performance.now();
      moving.update(steps, { variant: variant.name.padEnd(widest) });
    },
    step: ({ epoch, loss }) => {
      steps++;
      moving.update(steps, {
        epoch: String(epoch).padStart(String(epochs).length),
        loss: loss.toFixed(4),
        left: left(),
      });
    },
    // A training that diverged leaves steps out: the bar goes on from where the next one starts.
    end: () => {
      done++;
      steps = done * stepsOfOne;
      moving.update(steps, { done });
    },
    stop: () => moving.stop(),
  };
}
