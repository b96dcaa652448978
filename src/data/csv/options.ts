import { isOne, isTexts } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { type Given, choice, resolveBeside, text } from '../../option/index.js';
import type { Dataset, RegressionDataset } from '../dataset.js';
import { type CsvForm, isForm } from './form.js';

const OPTIONS = {
  name: text('csv', 'The name of the data set, also in errors.'),
  delimiter: text(
    '',
    'The delimiter between cells, " " for any run of blanks; by default guessed among comma, semicolon, tab, bar and blanks.',
  ),
  decimal: choice('auto', 'The decimal mark; auto: a comma if numbers have commas, and none has a point.', [
    'auto',
    '.',
    ',',
  ]),
  quote: text('"', 'The quote around a cell that contains delimiters; empty for none.'),
  missing: choice(
    'refuse',
    'How to treat missing values (NA, NaN, null, ? and empty cells). refuse: throw an error; drop: leave out their rows; mean: fill in the mean of the column, and leave out rows without a label.',
    ['refuse', 'drop', 'mean'],
  ),
  text: choice(
    'refuse',
    'How to treat columns of words, besides the label column. refuse: throw an error; oneHot: each word becomes a feature, 0 or 1.',
    ['refuse', 'oneHot'],
  ),
  dtype: choice('float64', 'The dtype of the features; standardize converts them to float32.', [
    'float32',
    'float64',
  ]),
};

/** Options for reading a CSV file; the `notes` of the result list what was guessed. */
export interface CsvOptions extends Given<typeof OPTIONS> {
  /** The label column, by name or position: 0 is the first, −1 the last. By default guessed, usually the last. */
  readonly label?: string | number | undefined;
  /** Whether the first line is a header row; 'auto', the default, compares it with the others. */
  readonly header?: boolean | 'auto' | undefined;
  /** Columns to leave out, by name or position. */
  readonly ignore?: readonly (string | number)[] | undefined;
  /** The classes and their order; by default those of the file, in numeric or else alphabetic order. */
  readonly classes?: readonly string[] | undefined;
  /**
   * What to predict. By default classes, and labels that look like measurements are an error. 'classes' accepts those
   * as classes too, and 'numbers' gives a `RegressionDataset`.
   */
  readonly task?: 'classes' | 'numbers' | undefined;
  /** A data set from `readCsv` whose columns, words, classes, label, task and means are used for this file. */
  readonly like?: CsvDataset | CsvRegressionDataset | undefined;
}

/** A note on something that was guessed, left out or filled in. */
export interface CsvNote {
  /** The option that controls it. */
  readonly option: keyof CsvOptions | 'encoding';
  readonly text: string;
  readonly guessed: boolean;
}

/** The fields of a data set from a CSV file, besides its samples. */
export interface FromCsv {
  /** Notes on what was guessed, left out or filled in. */
  readonly notes: readonly CsvNote[];
  /** The form, which `like` uses for other files. */
  readonly form: CsvForm;
}

/** Samples to classify, read from a CSV file. */
export interface CsvDataset extends Dataset, FromCsv {}

/** Samples with numbers to predict, read from a CSV file. */
export interface CsvRegressionDataset extends RegressionDataset, FromCsv {}

/** Whether a value is a data set with the form of its file; false if the value cannot be read. */
function isLike(value: unknown): boolean {
  try {
    const { form, classes } = Object(value) as { readonly form?: unknown; readonly classes?: unknown };
    return isForm(form) && (classes === undefined ? form.task === 'numbers' : isTexts(classes));
  } catch {
    return false;
  }
}

/** The options with defaults, checked. */
export function readOptions(given: CsvOptions) {
  const options = resolveBeside('readCsv', OPTIONS, given, [
    'label',
    'header',
    'ignore',
    'classes',
    'task',
    'like',
  ]);
  const { label, header = 'auto', ignore = [], classes, task, like } = options;
  const isColumn = (value: unknown): boolean => typeof value === 'string' || Number.isInteger(value);
  const demand = (option: string, fits: () => boolean, expected: string, received: unknown): void => {
    if (!isOne((_): _ is unknown => fits(), received))
      throw new NormtapeError({ where: `readCsv.${option}`, expected, received });
  };
  demand(
    'label',
    () => label === undefined || isColumn(label),
    'the name or the position of a column',
    label,
  );
  demand('header', () => [true, false, 'auto'].includes(header), "true, false or 'auto'", header);
  demand(
    'ignore',
    () => Array.isArray(ignore) && ignore.every(isColumn),
    'a list of names or positions of columns',
    ignore,
  );
  demand(
    'classes',
    () => classes === undefined || (isTexts(classes) && classes.length > 0),
    'a list of strings, the name of each class',
    classes,
  );
  demand('task', () => [undefined, 'classes', 'numbers'].includes(task), "'classes' or 'numbers'", task);
  demand('like', () => like === undefined || isLike(like), 'a data set that readCsv made', like);
  return { ...options, header, ignore };
}

export type ReadOptions = ReturnType<typeof readOptions>;
