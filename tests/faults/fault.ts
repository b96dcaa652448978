import type { Random } from '../../src/array/index.js';

/** What the faults of one kind are tried with. */
export interface Setting {
  /** A folder of its own, which goes when all is done. */
  readonly place: string;
  readonly random: Random;
  /** How many processes are killed. */
  readonly kills: number;
}

/** What came of the faults of one kind. */
export interface Outcome {
  readonly tried: number;
  /** What must have held each time, and what was counted. */
  readonly facts: string;
  /** What did not hold; empty if all did. */
  readonly findings: readonly string[];
  /** Why it could not be tried here. */
  readonly skipped?: string;
}

/** One kind of fault. */
export interface Fault {
  readonly name: string;
  inflict(setting: Setting): Promise<Outcome>;
}
