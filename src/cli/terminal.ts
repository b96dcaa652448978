import { escaped } from '../escape.js';

/** Where a command speaks, and what may stop it. */
export interface Terminal {
  /** Writes a line of the result, or a list of lines, to standard output. */
  print(text: Text): void;
  /** Writes a line about the work, or a list of lines, to standard error. */
  tell(text: Text): void;
  /** How wide tables may be. */
  readonly width: number;
  /** Where a bar may move; undefined where nobody watches. */
  readonly screen: NodeJS.WriteStream | undefined;
  /** Aborted by the first Ctrl-C. A second one ends the process as ever. */
  readonly interrupted: AbortSignal;
}

/** A line, or a list of lines. There are no others: a newline in a line is part of somebody's name. */
export type Text = string | readonly string[];

/** The lines of a text of our own, such as a table or JSON, in which no name can hold a newline. */
export const linesOf = (text: string): readonly string[] => text.split('\n');

/**
 * A terminal to which nothing but text gets: control characters in names of files, columns, classes and configurations
 * are escaped, so that they neither clear a screen nor forge a line.
 */
export const plainTerminal = (terminal: Terminal): Terminal => ({
  ...terminal,
  print: (text) => terminal.print(plain(text)),
  tell: (text) => terminal.tell(plain(text)),
});

const plain = (text: Text): string => [text].flat().map(escaped).join('\n');

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
