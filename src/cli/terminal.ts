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
  readonly screen: NodeJS.WritableStream | undefined;
  /** Aborted by the first signal that asks the process to end; the reason names it. A second one ends it at once. */
  readonly interrupted: AbortSignal;
  /** Whoever ends a command that does not answer; undefined where nobody does. */
  readonly warden?: Warden | undefined;
}

/** Ends a command that does not answer an interruption within a second, such as one in the middle of a long step. */
export interface Warden {
  /** Says that there are results to save, and the arguments of the command that saves them if this one is ended. */
  saveBy(args: readonly string[]): void;
  /** Names the folder that is locked until there are results in it, and is unlocked if the command is ended. */
  holds(folder: string): void;
  /** Says that the interruption was heard: it gives the command all the time that it needs to save. */
  heard(): void;
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
