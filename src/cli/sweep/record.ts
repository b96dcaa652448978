import { appendFileSync, existsSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { kernelInfo } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { plainState, readPlain } from '../../train/plain.js';
import { attempt, dropFolder, readText, writeWhole } from '../files.js';
import { version } from '../version.js';
import { fingerprint } from './fingerprint.js';
import type { SweepFlags } from './flags.js';
import { type Plan, type Variant, trainingCount } from './plan.js';
import type { Run } from './training.js';

/** The file that a sweep is resumed from: its first line is the plan, then each line is a run. */
const FILE = 'trainings.jsonl';

/** The task of a sweep, from which it can be resumed. */
export interface Header {
  readonly command: 'sweep';
  /** The arguments of the command line. */
  readonly flags: Partial<SweepFlags>;
  /** The settings that old and new runs must share to be comparable; compared as JSON. */
  readonly plan: Readonly<Record<string, unknown>>;
  /** The planned number of seeds, and the resulting number of trainings. */
  readonly seeds: number;
  readonly trainings: number;
  /** The versions and kernels that computed the runs: others may round differently. */
  readonly engine: Readonly<Record<string, string>>;
}

/** An interrupted sweep: its task, and the finished trainings. */
export interface SweepRecord {
  readonly header: Header;
  readonly runs: readonly Run[];
}

/** The header of a new record. */
export function headerOf(plan: Plan, flags: Partial<SweepFlags>): Header {
  const { seeds, ...settings } = plan.settings;
  const { variants, baseline, split } = plan;
  return {
    command: 'sweep',
    flags,
    plan: { ...settings, variants: variants.map(statedVariant), baseline, data: fingerprint(split) },
    seeds,
    trainings: trainingCount(plan),
    engine: { normtape: version, node: process.versions.node, kernels: kernelInfo().kernels },
  };
}

/** A variant as JSON. A norm from a file includes the source of its `apply`, so that a change is noticed. */
const statedVariant = ({ name, config, definition }: Variant) => ({
  name,
  config,
  ...(definition && { computes: String(definition.apply) }),
});

/**
 * Writes the record of a sweep.
 * @throws if the folder cannot be written to.
 */
export const writeRecord = (folder: string, record: SweepRecord): void =>
  writeWhole(join(folder, FILE), textOf(record));

const textOf = ({ header, runs }: SweepRecord): string =>
  [header, ...runs].map((line) => `${lineOf(line)}\n`).join('');

/** Writes the record of a sweep, and appends each finished training. */
export class Recorder {
  readonly #path: string;
  /** The size of the written lines, in bytes. */
  #size: number;
  /** Lines that could not be written yet. */
  #waiting = '';

  constructor(folder: string, record: SweepRecord) {
    this.#path = join(folder, FILE);
    writeRecord(folder, record);
    this.#size = Buffer.byteLength(textOf(record));
  }

  /** Appends a training. If it cannot be written, this throws, and the next attempt writes it too. */
  add(run: Run): void {
    this.#waiting += `${lineOf(run)}\n`;
    this.write();
  }

  /**
   * Writes waiting lines.
   * @throws if they cannot be written.
   */
  write(): void {
    if (this.#waiting === '') return;
    const bytes = Buffer.from(this.#waiting);
    attempt(this.#path, 'a file that can be written to', () => {
      try {
        appendFileSync(this.#path, bytes);
      } catch (error) {
        this.#takeBack();
        throw error;
      }
    });
    this.#size += bytes.length;
    this.#waiting = '';
  }

  /** Removes a partly written line, which would make the next one unreadable. */
  #takeBack(): void {
    try {
      truncateSync(this.#path, this.#size);
    } catch {
      // The file or its folder is gone: the next attempt reports it.
    }
  }
}

/** Removes a record, and its folder if that is empty then. */
export function removeRecord(folder: string): void {
  rmSync(join(folder, FILE), { force: true });
  dropFolder(folder);
}

/** The record in a folder, if there is one; an incomplete last line is ignored. */
export function readRecord(folder: string): SweepRecord | undefined {
  const path = join(folder, FILE);
  if (!existsSync(path)) return undefined;
  const lines = readText(path).split('\n').slice(0, -1);
  const [header, ...runs] = lines.map((line, i): unknown => {
    try {
      return readPlain(JSON.parse(line));
    } catch {
      const where = `${path}: line ${i + 1}`;
      throw new NormtapeError({ where, expected: 'a training as JSON', received: line.slice(0, 20) });
    }
  });
  if ((header as Partial<Header> | undefined)?.command !== 'sweep') {
    throw new NormtapeError({ where: path, expected: 'the record of a sweep', received: header });
  }
  return { header: header as Header, runs: runs.map((run) => withEveryField(run as Run)) };
}

/**
 * The record in a folder to resume from.
 * @throws if there is none.
 */
export function demandRecord(folder: string): SweepRecord {
  const record = readRecord(folder);
  if (record) return record;
  const expected = `the folder of a sweep, with ${FILE} in it`;
  throw new NormtapeError({ where: '--resume', expected, received: folder });
}

/** The settings in which two headers differ, except the number of seeds. */
export const differing = (a: Header, b: Header): readonly string[] =>
  [...new Set([...Object.keys(a.plan), ...Object.keys(b.plan)])].filter(
    (key) => lineOf(a.plan[key]) !== lineOf(b.plan[key]),
  );

/** A value as JSON in one line; every number is exact, including NaN and the infinities. */
const lineOf = (value: unknown): string => JSON.stringify(plainState(value));

/** A run with the fields that JSON omits because they are undefined. */
const withEveryField = ({ stage, variant, learningRate, seed, epochs, divergedIn }: Run): Run => ({
  stage,
  variant,
  learningRate,
  seed,
  epochs: epochs.map(({ epoch, trainLoss, trainAccuracy, loss, accuracy, layers }) => ({
    epoch,
    trainLoss,
    trainAccuracy,
    loss,
    accuracy,
    layers,
  })),
  divergedIn,
});
