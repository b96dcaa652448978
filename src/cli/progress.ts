import { SingleBar } from 'cli-progress';
import { escaped } from '../escape.js';
import type { Terminal } from './terminal.js';
import { duration } from './words.js';

/** A listener to the progress of a task on several subjects. */
export interface Watcher {
  start(subject: string): void;
  /** Reports the share of the subject that is done, from 0 to 1, and a note. */
  step(share: number, note?: string): void;
  stop(): void;
}

const SILENT: Watcher = { start() {}, step() {}, stop() {} };

/** The time left is shown after this share of the work: the first steps are not typical of the others. */
const TELLING = 0.01;

/** A progress bar over all subjects, with the time left; `weights` are the relative durations of the subjects. */
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
      moving.update(before, { at: ++at, subject: escaped(subject), note: '', left: left(before) });
    },
    step: (share, note = '') => {
      const done = before + share * weights[at - 1]!;
      moving.update(done, { note: note && `  ${escaped(note)}`, left: left(done) });
    },
    stop: () => moving.stop(),
  };
}

/** A progress bar for work that usually ends at once: it appears after a second. */
export function patientBar(subjects: number, terminal: Pick<Terminal, 'screen'>): Watcher {
  const started = performance.now();
  const names: string[] = [];
  let shown: Watcher | undefined;
  return {
    start(subject) {
      names.push(subject);
      shown?.start(subject);
    },
    step(share, note) {
      if (!shown && performance.now() - started > 1000) {
        shown = bar(subjects, terminal);
        for (const name of names) shown.start(name);
      }
      shown?.step(share, note);
    },
    stop: () => shown?.stop(),
  };
}
