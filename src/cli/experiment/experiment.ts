import type { Command } from 'commander';
import type { Options, Values } from '../../option/index.js';
import type { Failure } from '../failures.js';
import type { OwnNorms } from '../norms/named.js';
import type { Section } from '../report/document.js';
import type { Table } from '../report/table.js';
import type { Terminal } from '../terminal.js';

/** An experiment: trainings that answer a question, and the findings from them. */
export interface Experiment<O extends Options = Options, R = unknown> {
  /** The name on the command line. */
  readonly name: string;
  readonly about: string;
  /** The values of --norms, in words. */
  readonly norms: string;
  /** Each setting is a flag; `seeds` and `seed` are among them. */
  readonly settings: O;
  /** The settings of --full, in place of defaults. */
  readonly full: Partial<Values<O>>;
  /** The settings that the experiment's own flags choose in place of defaults, including those of --full. */
  preset?(flags: Readonly<Record<string, unknown>>): Partial<Values<O>>;
  /** Adds flags that no setting can declare, such as --text <file>. */
  declare?(command: Command): void;
  /**
   * Plans all trainings; reads and checks all input.
   * @throws before any work begins, if something is wrong.
   */
  plan(asked: Asked<O>): Planned<R>;
}

/** The arguments of the command line. */
export interface Asked<O extends Options> {
  readonly settings: Values<O>;
  /** The names in --norms, with files replaced by types; undefined without the flag. */
  readonly norms: readonly string[] | undefined;
  /** The norms in these files. */
  readonly own: OwnNorms;
  /** All flags by name, including the experiment's own. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** The stream for a progress bar while a large file is read; undefined for no bar. */
  readonly screen?: Terminal['screen'];
}

/** The trials of an experiment, which run one after the other. */
export interface Trials<R> {
  /** Runs before the trials; nothing by default. */
  prepare?(): Generator<unknown, void, void>;
  /** Trials without a result choose settings for later trials, or measure. */
  readonly trials: readonly (Trial<R> | Trial<void>)[];
  /** The variants that cannot be built; none by default. */
  readonly failures?: readonly Failure[] | undefined;
}

/** Trials, and a function that evaluates the finished ones. */
export interface Planned<R> extends Trials<R> {
  /** One or two sentences on what will be done. */
  readonly summary: string;
  /** Evaluates the results so far, in the order of the trials; there is at least one. */
  conclude(results: readonly R[]): Findings;
}

export interface Trial<R> {
  readonly name: string;
  /** The variant that is tried: if one of its trials throws, its others are skipped. The name by default. */
  readonly subject?: string;
  /** The duration relative to other trials; 1 by default. */
  readonly weight?: number;
  /** Yields often, so that the progress bar moves and Ctrl-C is noticed. Its numbers depend only on its seeds. */
  run(losses?: Losses): Generator<Progress, R, void>;
}

/** The variants that have failed so far. */
export interface Losses {
  has(subject: string): boolean;
  /** Reports the failure of one of several variants that a trial runs. */
  add(failure: Failure): void;
}

export interface Progress {
  /** The share that is done, from 0 to 1. */
  readonly share: number;
  /** A short note such as 'loss 2.31'. */
  readonly note?: string;
}

/** The findings of an experiment. */
export interface Findings {
  /** The data that --json prints, besides settings and circumstances. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The tables for the terminal. */
  readonly tables: readonly Table[];
  /** An explanation of the tables for the terminal; on the page, the notes of the sections explain them. */
  readonly reading?: string;
  /** Sentences on failures and pitfalls, below the tables; the page shows them as warnings. */
  readonly remarks: readonly string[];
  /** The sections of the page. */
  readonly sections: readonly Section[];
  /** The names of the lines in its figures, in the order of the legend. */
  readonly names: readonly string[];
  readonly baseline?: string;
}
