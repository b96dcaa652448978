import { NormtapeError } from '../error.js';
import { reasonOf } from './reasons.js';

/** Clears the line of a bar. */
const CLEAR = '\r\x1b[K';

/** Takes back what a bar changed: its line, the cursor, and the wrapping of lines. */
const RESTORE = `${CLEAR}\x1b[?25h\x1b[?7h`;

/** The standard outputs of the process, which may be closed or full. */
export class Outputs {
  #isDrawn = false;
  #failure: string | undefined;

  constructor() {
    this.#guard(process.stdout, 'standard output');
    this.#guard(process.stderr, 'standard error');
  }

  /** Why an output could not be written to; undefined if all of it was, or the reader had enough. */
  get failure(): string | undefined {
    return this.#failure;
  }

  print(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  tell(text: string): void {
    process.stderr.write(`${this.#isDrawn ? CLEAR : ''}${text}\n`);
  }

  /** Draws a bar, which `restore` takes away. */
  draw(text: string): void {
    this.#isDrawn = true;
    process.stderr.write(text);
  }

  /** Takes a bar away, and shows the cursor again. */
  restore(): void {
    if (this.#isDrawn) process.stderr.write(RESTORE);
    this.#isDrawn = false;
  }

  #guard(stream: NodeJS.WriteStream, where: string): void {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever reads may stop, as `| head` does, and a terminal may be closed. The work goes on to its end, where it
      // writes files.
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
