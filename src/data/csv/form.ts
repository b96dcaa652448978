import type { Dataset, RegressionDataset } from '../dataset.js';
import type { CsvNote } from './options.js';

/** A column that gives features: one of numbers, or one of words, which gives a feature for each word. */
export interface FeatureColumn {
  /** Undefined if the file has no header. */
  readonly name: string | undefined;
  readonly position: number;
  /** Its words, in alphabetic order; undefined for a column of numbers. */
  readonly categories: readonly string[] | undefined;
  /** What stands for a missing value: the mean of each of its features over the rows that have one. */
  readonly fill: readonly number[];
}

/** How the columns of a file became features and a label, so that another file can be read alike. */
export interface CsvForm {
  readonly label: Pick<FeatureColumn, 'name' | 'position'>;
  readonly task: 'classes' | 'numbers';
  readonly features: readonly FeatureColumn[];
}

/** The fields of a data set from a CSV file, besides its samples. */
export interface FromCsv {
  /** What was guessed, left out or filled in. */
  readonly notes: readonly CsvNote[];
  /** What `like` takes over. */
  readonly form: CsvForm;
}

/** Samples to classify, read from a CSV file. */
export interface CsvDataset extends Dataset, FromCsv {}

/** Samples whose numbers are to be predicted, read from a CSV file. */
export interface CsvRegressionDataset extends RegressionDataset, FromCsv {}
