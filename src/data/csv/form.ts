/** A column that gives features: a column of numbers gives one, a column of words gives one per word. */
export interface FeatureColumn {
  /** Undefined if the file has no header row. */
  readonly name: string | undefined;
  readonly position: number;
  /** The words of the column, in alphabetic order; undefined for a column of numbers. */
  readonly categories: readonly string[] | undefined;
  /** The replacement of a missing value: the mean of each feature over the rows that have one. */
  readonly fill: readonly number[];
}

/**
 * How the columns of a CSV file were converted to features and a label, so that another file can be read the same way.
 */
export interface CsvForm {
  readonly label: Pick<FeatureColumn, 'name' | 'position'>;
  readonly task: 'classes' | 'numbers';
  readonly features: readonly FeatureColumn[];
}

/** Whether a value is a form. */
export function isForm(value: unknown): value is CsvForm {
  const { label, task, features } = Object(value) as { readonly [K in keyof CsvForm]?: unknown };
  return (
    isPlace(label) &&
    (task === 'classes' || task === 'numbers') &&
    Array.isArray(features) &&
    features.every(isFeatureColumn)
  );
}

function isPlace(value: unknown): boolean {
  const { name, position } = Object(value) as { readonly name?: unknown; readonly position?: unknown };
  return (name === undefined || typeof name === 'string') && Number.isInteger(position);
}

function isFeatureColumn(value: unknown): boolean {
  const { categories, fill } = Object(value) as { readonly [K in keyof FeatureColumn]?: unknown };
  const isList = Array.isArray(categories) && categories.every((word) => typeof word === 'string');
  return (
    isPlace(value) &&
    (categories === undefined || isList) &&
    Array.isArray(fill) &&
    fill.length === (isList ? categories.length : 1) &&
    fill.every(Number.isFinite)
  );
}
