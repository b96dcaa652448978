/** Where a command speaks, and what may stop it. */
export interface Terminal {
  /** Writes a line of the result, to standard output. */
  print(text: string): void;
  /** Writes a line about the work, to standard error. */
  tell(text: string): void;
  /** How wide tables may be. */
  readonly width: number;
  /** Where a bar may move; undefined where nobody watches. */
  readonly screen: NodeJS.WriteStream | undefined;
  /** Aborted by the first Ctrl-C. A second one ends the process as ever. */
  readonly interrupted: AbortSignal;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());
  // Whoever reads may stop, as `| head` does. The work goes on to its end, where it writes files.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    print: (text) => void process.stdout.write(`${text}\n`),
    tell: (text) => void process.stderr.write(`${text}\n`),
    width: process.stdout.columns ?? 120,
    screen: process.stderr.isTTY ? process.stderr : undefined,
    interrupted: interruption.signal,
  };
}
