import { NormtapeError } from '../error.js';
import { reasonOf } from './reasons.js';

/** Clears the line of a progress bar. */
const CLEAR = '\r\x1b[K';

/** Undoes what a progress bar changed: its line, the cursor, and line wrapping. */
const RESTORE = `${CLEAR}\x1b[?25h\x1b[?7h`;

/** The standard outputs of the process, which may be closed or on a full disk. */
export class Outputs {
  #isDrawn = false;
  #failure: string | undefined;

  constructor() {
    this.#guard(process.stdout, 'standard output');
    this.#guard(process.stderr, 'standard error');
  }

  /** The error of a failed write; undefined if all was written, or the reader closed its end. */
  get failure(): string | undefined {
    return this.#failure;
  }

  print(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  tell(text: string): void {
    process.stderr.write(`${this.#isDrawn ? CLEAR : ''}${text}\n`);
  }

  /** Draws a progress bar, which `restore` removes. */
  draw(text: string): void {
    this.#isDrawn = true;
    process.stderr.write(text);
  }

  /** Removes a progress bar, and shows the cursor again. */
  restore(): void {
    if (this.#isDrawn) process.stderr.write(RESTORE);
    this.#isDrawn = false;
  }

  #guard(stream: NodeJS.WriteStream, where: string): void {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // A reader may stop early, like `| head`, and a terminal may be closed. The command goes on if that happens,
      // because it also writes files.
      if (['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'].includes(error.code ?? '') || this.#failure) return;
      const received = reasonOf(error);
      this.#failure = new NormtapeError({
        where,
        expected: 'a place that can be written to',
        received,
      }).message;
      process.exitCode ||= 1;
      if (stream !== process.stderr) this.tell(this.#failure);
    });
  }
}
