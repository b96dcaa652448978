import type { Command } from 'commander';
import type { Options, Values } from '../../option/index.js';
import type { Failure } from '../failures.js';
import type { OwnNorms } from '../norms/named.js';
import type { Section } from '../report/document.js';
import type { Table } from '../report/table.js';
import type { Terminal } from '../terminal.js';

/** An experiment: trainings that answer a question, with what they say of it. */
export interface Experiment<O extends Options = Options, R = unknown> {
  /** What it is called on the command line. */
  readonly name: string;
  readonly about: string;
  /** What --norms takes, in words. */
  readonly norms: string;
  /** Each is a flag; `seeds` and `seed` are among them. */
  readonly settings: O;
  /** What --full puts in place of defaults. */
  readonly full: Partial<Values<O>>;
  /** What its own flags put in place of defaults, those of --full included. */
  preset?(flags: Readonly<Record<string, unknown>>): Partial<Values<O>>;
  /** Flags that no setting can declare, such as --text <file>. */
  declare?(command: Command): void;
  /** All that will be done. Reads and checks whatever there is to read; throws before any work begins. */
  plan(asked: Asked<O>): Work<R>;
}

/** The arguments of the command line. */
export interface Asked<O extends Options> {
  readonly settings: Values<O>;
  /** The names after --norms, with types for files; undefined where it was not said. */
  readonly norms: readonly string[] | undefined;
  /** The norms in those files. */
  readonly own: OwnNorms;
  /** All flags by name, those of the experiment alone among them. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Where a bar may move while a large file is read; undefined where nobody watches. */
  readonly screen?: Terminal['screen'];
}

/** The trials of an experiment, which run one after the other. */
export interface Trials<R> {
  /** Runs before everything else; left out: nothing does. */
  prepare?(): Generator<unknown, void, void>;
  /** Trials without a result choose what later ones train with, or measure. */
  readonly trials: readonly (Trial<R> | Trial<void>)[];
  /** What was asked for and cannot be built; left out: nothing. */
  readonly failures?: readonly Failure[] | undefined;
}

/** Trials, and what is made of the results of those that came to their end. */
export interface Work<R> extends Trials<R> {
  /** In a sentence or two, what will be done. */
  readonly summary: string;
  /** Called with the results so far, in the order of the trials; at least one. */
  conclude(results: readonly R[]): Findings;
}

export interface Trial<R> {
  readonly name: string;
  /** The normalization that is tried: if one of its trials throws, its others are not begun. Left out: the name. */
  readonly subject?: string;
  /** How long it takes relative to the others; 1 if left out. */
  readonly weight?: number;
  /** Yields often, so that a bar may move and Ctrl-C is heard. Its numbers depend on its seeds alone. */
  run(losses?: Losses): Generator<Progress, R, void>;
}

/** The subjects that have failed so far. */
export interface Losses {
  has(subject: string): boolean;
  /** Reports a failure that a trial of several subjects goes on after. */
  add(failure: Failure): void;
}

export interface Progress {
  /** How much is done, from 0 to 1. */
  readonly share: number;
  /** A word on how it goes, such as 'loss 2.31'. */
  readonly note?: string;
}

/** What an experiment found out. */
export interface Findings {
  /** What --json prints, beside settings and circumstances. */
  readonly data: Readonly<Record<string, unknown>>;
  /** What the terminal shows. */
  readonly tables: readonly Table[];
  /** How to read the tables, for the terminal; the page says it in the notes of its sections. */
  readonly reading?: string;
  /** Sentences below the tables, which the page shows as warnings: what went wrong, or misleads. */
  readonly remarks: readonly string[];
  /** What the page shows. */
  readonly sections: readonly Section[];
  /** Of the lines of its figures, in the order of the legend. */
  readonly names: readonly string[];
  readonly baseline?: string;
}
