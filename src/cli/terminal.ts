/** Where a command speaks, and what may stop it. */
export interface Terminal {
  /** Writes a line of the result, to standard output. */
  print(text: string): void;
  /** Writes a line about the work, to standard error. */
  tell(text: string): void;
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
  /** Says that the interruption was heard: it gives the command all the time that it needs to save. */
  heard(): void;
}
