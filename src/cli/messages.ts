import type { Signal } from './interruption.js';

/** The data that the thread of a command starts with. */
export interface Task {
  readonly args: readonly string[];
  readonly width: number;
  /** Whether a progress bar may be drawn. */
  readonly isWatched: boolean;
  /** A signal that came before the start: the command then only saves. */
  readonly interrupted: Signal | undefined;
}

/** A message from the thread of a command to the thread that started it. */
export type Message =
  | { readonly print: string }
  | { readonly tell: string }
  | { readonly draw: string }
  | { readonly saveBy: readonly string[] }
  | { readonly locked: string }
  | { readonly acknowledged: true }
  | { readonly ended: number };
