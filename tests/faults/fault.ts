import type { Random } from '../../src/array/index.js';

/** The setting for faults of one kind. */
export interface Setting {
  /** A folder that is removed at the end. */
  readonly place: string;
  readonly random: Random;
  /** The number of processes to kill. */
  readonly kills: number;
}

/** The outcome of the faults of one kind. */
export interface Outcome {
  readonly tried: number;
  /** The expectations, with counts. */
  readonly facts: string;
  /** The failed expectations; empty if all held. */
  readonly findings: readonly string[];
  /** The reason why the faults could not be tried here. */
  readonly skipped?: string;
}

/** One kind of fault. */
export interface Fault {
  readonly name: string;
  inflict(setting: Setting): Promise<Outcome>;
}
