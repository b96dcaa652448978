import { NormtapeError } from '../error.js';
import { type AnyDataset, isRegression } from './dataset.js';
import { listing } from './listing.js';

/** The kind of task, the classes and the columns that two data sets must share to use one model. */
export interface DataForm {
  readonly kind: 'classes' | 'numbers to predict';
  readonly classes: readonly string[] | undefined;
  readonly columns: readonly string[] | undefined;
}

export const formOf = (data: AnyDataset): DataForm => ({
  kind: isRegression(data) ? 'numbers to predict' : 'classes',
  classes: isRegression(data) ? undefined : data.classes,
  columns: data.columns,
});

/** Throws if the data differ from the training data in kind, classes or columns. */
export const demandAgreement = (where: string, train: AnyDataset, other: AnyDataset): void =>
  demandForm(where, formOf(train), other);

/** Throws if the data do not have this form. */
export function demandForm(where: string, form: DataForm, data: AnyDataset): void {
  const own = formOf(data);
  if (own.kind !== form.kind) {
    throw new NormtapeError({ where, expected: `${form.kind}, as in the training data`, received: own.kind });
  }
  demandNames(where, 'classes', form.classes, own.classes);
  demandNames(where, 'columns', form.columns, own.columns);
}

function demandNames(
  where: string,
  kind: 'classes' | 'columns',
  expected: readonly string[] | undefined,
  received: readonly string[] | undefined,
): void {
  if (!expected || !received) return;
  const differs = expected.length !== received.length || expected.some((name, i) => name !== received[i]);
  if (!differs) return;
  const [known, found] = [new Set(expected), new Set(received)];
  const missing = expected.filter((name) => !found.has(name));
  const extra = received.filter((name) => !known.has(name));
  const difference = [
    missing.length ? `${listing(missing, 6)} missing` : '',
    extra.length ? `${listing(extra, 6)} not in the training data` : '',
  ].filter(Boolean);
  throw new NormtapeError({
    where,
    expected: `the ${kind} of the training data`,
    received: difference.length ? difference.join(', ') : `another order, ${listing(received, 6)}`,
    hint: `The same number would mean another ${kind === 'classes' ? 'class' : 'column'}: read the file with readCsv(text, { like: train })${kind === 'classes' ? ', or { classes: train.classes }' : ''}.`,
  });
}
