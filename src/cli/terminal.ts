import { escaped } from '../escape.js';

/** The output of a command, and the signal that interrupts it. */
export interface Terminal {
  /** Writes a line of the result, or a list of lines, to standard output. */
  print(text: Text): void;
  /** Writes a line about the progress, or a list of lines, to standard error. */
  tell(text: Text): void;
  /** The width of tables, in characters. */
  readonly width: number;
  /** The stream for a progress bar; undefined if standard error is not a terminal. */
  readonly screen: NodeJS.WritableStream | undefined;
  /**
   * Aborted by the first signal that asks the process to end; the reason names it. A second signal ends the process at
   * once.
   */
  readonly interrupted: AbortSignal;
  /** The supervisor of the command, if there is one. */
  readonly supervisor?: Supervision | undefined;
}

/** Ends a command that does not answer an interruption within a second, for example in the middle of a long step. */
interface Supervision {
  /**
   * Says that there are results to save, and gives the arguments of the command that saves them if this one is ended.
   */
  saveBy(args: readonly string[]): void;
  /** Names a folder that the command has locked, to be released if the command is ended before it has results to save. */
  locked(folder: string): void;
  /** Says that the command noticed the interruption, which gives it all the time that it needs to save. */
  acknowledge(): void;
}

/** One line or a list of lines. A newline within a line is part of a user's name, and is escaped. */
export type Text = string | readonly string[];

/** The lines of a text of our own, such as a table or JSON, in which no user's name can contain a newline. */
export const linesOf = (text: string): readonly string[] => text.split('\n');

/**
 * A terminal that escapes control characters in names of files, columns, classes and configurations, so that they
 * neither clear the screen nor forge a line.
 */
export const plainTerminal = (terminal: Terminal): Terminal => ({
  ...terminal,
  print: (text) => terminal.print(plain(text)),
  tell: (text) => terminal.tell(plain(text)),
});

const plain = (text: Text): string => [text].flat().map(escaped).join('\n');
