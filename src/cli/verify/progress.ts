import { SingleBar } from 'cli-progress';
import type { Terminal } from '../terminal.js';

/** Hears how far a verification is. */
export interface Watcher {
  start(subject: string): void;
  /** How much of the subject is done, from 0 to 1. */
  step(share: number): void;
  stop(): void;
}

const SILENT: Watcher = { start() {}, step() {}, stop() {} };

/** A bar over all subjects. */
export function bar(subjects: number, { screen }: Terminal): Watcher {
  if (!screen) return SILENT;
  const moving = new SingleBar({
    stream: screen,
    format: '{bar} {at}/' + String(subjects) + '  {subject}',
    barsize: 24,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    hideCursor: true,
    clearOnComplete: true,
    fps: 8,
    gracefulExit: false,
  });
  let at = 0;
  moving.start(subjects, 0, { at, subject: '' });
  return {
    start: (subject) => moving.update(at++, { at, subject }),
    step: (share) => moving.update(at - 1 + share),
    stop: () => moving.stop(),
  };
}
