import { NormtapeError } from '../error.js';
import type { Terminal } from './terminal.js';

/** Writes files and goes on if one cannot be written, after a message. */
export class Saving {
  readonly #tell: Terminal['tell'];
  readonly #told = new Set<string>();
  readonly #failed = new Set<string>();

  constructor({ tell }: Pick<Terminal, 'tell'>) {
    this.#tell = tell;
  }

  /** Whether a file could not be written, also not later. */
  get hasFailed(): boolean {
    return this.#failed.size > 0;
  }

  /** Calls `write` for the file of this name; false if it cannot be written. */
  attempt(name: string, write: () => void): boolean {
    try {
      write();
      this.#failed.delete(name);
      return true;
    } catch (error) {
      if (!(error instanceof NormtapeError)) throw error;
      this.#failed.add(name);
      if (!this.#told.has(error.message)) this.#tell(error.message);
      this.#told.add(error.message);
      return false;
    }
  }
}
