import { type Shape, sizeOf } from '../array/index.js';

/** A row of the table: one module. */
export interface SummaryRow {
  /** Its dotted name; empty for the module of the summary. */
  readonly name: string;
  readonly kind: string;
  readonly built: boolean;
  /** The weights of this module only; those whose `trainable` is undefined are statistics. */
  readonly weights: readonly Weight[];
}

interface Weight {
  readonly name: string;
  readonly shape: Shape;
  readonly trainable: boolean | undefined;
}

/** A table with one line for each module, and the totals. */
export function table(rows: readonly SummaryRow[]): string {
  const lines = rows.map(({ name, kind, built, weights }) => [
    name || '(this)',
    kind,
    weights.map(({ name: weight, shape }) => `${weight} [${shape.join(', ')}]`).join(', '),
    built ? String(count(weights.filter(isParameter))) : 'unbuilt',
  ]);
  const all = rows.flatMap(({ weights }) => weights);
  const parameters = all.filter(isParameter);
  const sums = [
    `parameters: ${count(parameters)}`,
    `trainable: ${count(parameters.filter(({ trainable }) => trainable))}`,
    `statistics: ${count(all) - count(parameters)}`,
  ];
  const unbuilt = rows.every(({ built }) => built) ? '' : ', without what is unbuilt';
  return `${aligned([['name', 'module', 'weights', 'parameters'], ...lines])}\n${sums.join(', ')}${unbuilt}`;
}

const isParameter = ({ trainable }: Weight): boolean => trainable !== undefined;

const count = (weights: readonly Weight[]): number =>
  weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Aligns the columns, the last one to the right. */
function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const last = widths.length - 1;
  const pad = (cell: string, column: number): string =>
    column === last ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  return lines.map((line) => line.map(pad).join('  ')).join('\n');
}
