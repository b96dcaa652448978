import { isOne, isTexts } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { type Given, choice, resolveBeside, text } from '../../option/index.js';
import type { Dataset, RegressionDataset } from '../dataset.js';
import { type CsvForm, isForm } from './form.js';

const OPTIONS = {
  name: text('csv', 'What the data set is called, also in errors.'),
  delimiter: text(
    '',
    'What stands between two cells, " " for any run of blanks; left out: guessed among comma, semicolon, tab, bar and blanks.',
  ),
  decimal: choice('auto', 'The decimal mark; auto: a comma if numbers have commas, and none a point.', [
    'auto',
    '.',
    ',',
  ]),
  quote: text('"', 'What encloses a cell that holds delimiters; empty: nothing does.'),
  missing: choice(
    'refuse',
    'What becomes of missing values (NA, NaN, null, ? and empty cells): an error; drop: their rows are left out; mean: the mean of the column is filled in, and rows without a label are left out.',
    ['refuse', 'drop', 'mean'],
  ),
  text: choice(
    'refuse',
    'What becomes of columns of words, besides the label: an error; oneHot: each word becomes a feature, 0 or 1.',
    ['refuse', 'oneHot'],
  ),
  dtype: choice('float64', 'What features are kept in; standardize turns them into float32.', [
    'float32',
    'float64',
  ]),
};

/** How a CSV file is to be read; whatever is guessed is said in the `notes` of the result. */
export interface CsvOptions extends Given<typeof OPTIONS> {
  /** The column to learn, by its name, or by its position: 0 the first, −1 the last. Left out: guessed, mostly the last. */
  readonly label?: string | number | undefined;
  /** Whether the first line names the columns; 'auto', the default, compares it with the others. */
  readonly header?: boolean | 'auto' | undefined;
  /** Columns to leave out, by name or position. */
  readonly ignore?: readonly (string | number)[] | undefined;
  /** The classes and their order; left out: those of the file, in numeric or else alphabetic order. */
  readonly classes?: readonly string[] | undefined;
  /**
   * What to predict. Left out: classes, and labels that look like measurements are an error. 'classes' takes those as
   * classes too, and 'numbers' gives a `RegressionDataset`.
   */
  readonly task?: 'classes' | 'numbers' | undefined;
  /** A data set that `readCsv` made: columns, words, classes, label, task and means are those of that one. */
  readonly like?: CsvDataset | CsvRegressionDataset | undefined;
}

/** What was guessed, left out or filled in. */
export interface CsvNote {
  /** The option that it is about, which chooses otherwise. */
  readonly option: keyof CsvOptions | 'encoding';
  readonly text: string;
  readonly guessed: boolean;
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

/** Whether a value is a data set that says how its file was read; one that throws when it is looked at is none. */
function isLike(value: unknown): boolean {
  try {
    const { form, classes } = Object(value) as { readonly form?: unknown; readonly classes?: unknown };
    return isForm(form) && (classes === undefined ? form.task === 'numbers' : isTexts(classes));
  } catch {
    return false;
  }
}

/** The options, filled in and checked. */
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
