import type { Signal } from './interruption.js';

/** What the thread of a command is told when it starts. */
export interface Task {
  readonly args: readonly string[];
  readonly width: number;
  /** Whether a bar may be drawn. */
  readonly isWatched: boolean;
  /** The signal that came before it started: it then only saves. */
  readonly interrupted: Signal | undefined;
}

/** What the thread of a command tells the thread that started it. */
export type Message =
  | { readonly print: string }
  | { readonly tell: string }
  | { readonly draw: string }
  | { readonly saveBy: readonly string[] }
  | { readonly holds: string }
  | { readonly heard: true }
  | { readonly ended: number };
