import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { NormtapeError } from '../error.js';
import { escaped } from '../escape.js';
import { SIGNALS, type Signal, codeOf } from './interruption.js';
import { release } from './lock.js';
import type { Message, Task } from './messages.js';
import { Outputs } from './outputs.js';
import { linesOf } from './terminal.js';

/** How long a command may take to answer a signal before its thread is terminated, in milliseconds. */
const GRACE_PERIOD = 700;

/**
 * Runs a command in a thread of its own, and sets the exit code. This thread only writes output and receives signals,
 * so that a signal is noticed even while the command builds a model, reads a file, or runs a user's norm.
 */
export class Supervisor {
  readonly #outputs = new Outputs();
  #thread: Worker | undefined;
  #signal: Signal | undefined;
  #saveBy: readonly string[] | undefined;
  /** A folder that the command has locked, and cannot release if it is terminated. */
  #locked: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isSaving = false;
  #hasEnded = false;

  constructor(args: readonly string[]) {
    for (const signal of SIGNALS) process.on(signal, () => this.#onSignal(signal));
    this.#start(args);
  }

  #start(args: readonly string[]): void {
    const thread = threadOf({
      args,
      width: process.stdout.columns ?? 120,
      isWatched: process.stderr.isTTY,
      interrupted: this.#signal,
    });
    this.#thread = thread;
    thread.on('message', (message: Message) => this.#answer(message));
    thread.on('error', (error) => {
      this.#outputs.restore();
      this.#outputs.tell(wordsOf(error));
      this.#end(1);
    });
    thread.on('exit', (code) => {
      // Otherwise it was terminated, and another thread saves its results.
      if (thread === this.#thread) this.#end(code);
    });
  }

  #answer(message: Message): void {
    if ('print' in message) this.#outputs.print(message.print);
    else if ('tell' in message) this.#outputs.tell(message.tell);
    else if ('draw' in message) this.#outputs.draw(message.draw);
    else if ('saveBy' in message) this.#saveBy = message.saveBy;
    else if ('locked' in message) this.#locked = message.locked;
    else if ('acknowledged' in message) this.#acknowledge();
    else {
      this.#locked = undefined;
      this.#end(message.ended);
    }
  }

  #onSignal(signal: Signal): void {
    // Only output that nobody reads keeps the process alive now.
    if (this.#hasEnded) process.exit(codeOf(signal));
    if (this.#signal) {
      this.#endBy(signal);
      return;
    }
    this.#signal = signal;
    this.#thread?.postMessage(signal);
    if (!this.#isSaving) this.#timer = setTimeout(() => void this.#terminate(signal), GRACE_PERIOD);
  }

  /** Gives the command all the time that it needs to save, also if a signal comes meanwhile. */
  #acknowledge(): void {
    this.#isSaving = true;
    clearTimeout(this.#timer);
  }

  /** Terminates a command that does not answer. Another thread saves its finished results. */
  async #terminate(signal: Signal): Promise<void> {
    const thread = this.#thread;
    const args = this.#saveBy;
    this.#thread = undefined;
    this.#outputs.restore();
    // A thread that waits for the system, as for a pipe that nobody writes to, cannot be terminated.
    const stuck = setTimeout(() => this.#endBy(signal), GRACE_PERIOD / 4);
    await thread?.terminate();
    clearTimeout(stuck);
    if (args) this.#start(args);
    else this.#end(codeOf(signal));
  }

  /** Ends the process as if the signal had not been caught. */
  #endBy(signal: Signal): void {
    this.#outputs.restore();
    this.#release();
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }

  /** Ends the command with this exit code; after a signal, with that of the signal, even if the command did not hear it. */
  #end(ended: number): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const code = this.#signal ? codeOf(this.#signal) : ended;
    clearTimeout(this.#timer);
    this.#outputs.restore();
    this.#release();
    process.exitCode = this.#outputs.failure && code === 0 ? 1 : code;
    void this.#thread?.terminate();
  }

  /** Releases the folder of a terminated command. If its results are not saved, the lock stays, and the next run saves them. */
  #release(): void {
    if (this.#locked !== undefined && !this.#saveBy) release(this.#locked);
  }
}

function threadOf(task: Task): Worker {
  const url = new URL('./work.js', import.meta.url);
  const options = { workerData: task };
  if (existsSync(fileURLToPath(url))) return new Worker(url, options);
  // The sources run under a TypeScript loader, which threads do not inherit.
  const [loader, source] = [import.meta.resolve('tsx/esm/api'), url.href.replace(/js$/, 'ts')];
  const start = `import('${loader}').then(({ register }) => (register(), import('${source}')))`;
  return new Worker(start, { ...options, eval: true });
}

/**
 * The message of an unexpected error: its stack trace, or a plain sentence if memory or the working folder is missing.
 */
function wordsOf(error: Error): string {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'uv_cwd') {
    const [where, expected] = ['working folder', 'a folder that exists'];
    return new NormtapeError({ where, expected, received: 'one that was deleted' }).message;
  }
  if (code !== 'ERR_WORKER_OUT_OF_MEMORY')
    return linesOf(error.stack ?? String(error))
      .map(escaped)
      .join('\n');
  const expected = 'work that fits into memory';
  const hint = 'Use a smaller size, or raise the limit: NODE_OPTIONS=--max-old-space-size=8192.';
  return new NormtapeError({ where: 'normtape', expected, received: 'work that needs more memory', hint })
    .message;
}
