import { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.js';
import { duration } from './words.js';

/** Hears how far a work on several subjects is. */
export interface Watcher {
  start(subject: string): void;
  /** How much of the subject is done, from 0 to 1, and what there is to say of it. */
  step(share: number, note?: string): void;
  stop(): void;
}

const SILENT: Watcher = { start() {}, step() {}, stop() {} };

/** The share of the work after which the time left is told: the first steps say little of the others. */
const TELLING = 0.01;

/** A bar over all subjects, with the time left; `weights` say how long the subjects take beside each other. */
export function bar(
  subjects: number,
  { screen }: Pick<Terminal, 'screen'>,
  weights: readonly number[] = Array.from({ length: subjects }, () => 1),
): Watcher {
  if (!screen) return SILENT;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const moving = new SingleBar({
    stream: screen,
    format: '{bar} {at}/' + String(subjects) + '  {subject}{note}  {left}',
    barsize: 24,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    hideCursor: true,
    clearOnComplete: true,
    fps: 8,
    gracefulExit: false,
  });
  let [at, before] = [0, 0];
  const started = performance.now();
  const left = (done: number): string => {
    const seconds = (performance.now() - started) / 1000;
    return done < TELLING * total ? '' : `${duration(seconds * (total / done - 1))} left`;
  };
  moving.start(total, 0, { at, subject: '', note: '', left: '' });
  return {
    start: (subject) => {
      before += at === 0 ? 0 : weights[at - 1]!;
      moving.update(before, { at: ++at, subject, note: '', left: left(before) });
    },
    step: (share, note = '') => {
      const done = before + share * weights[at - 1]!;
      moving.update(done, { note: note && `  ${note}`, left: left(done) });
    },
    stop: () => moving.stop(),
  };
}
