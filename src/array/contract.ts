import { type NdArray, type Shape, demandShapeOf, sizeOf } from './array.js';
import { broadcastTo } from './broadcast.js';
import { reshape } from './contiguous.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { transpose } from './transpose.js';
import { strided } from './view.js';

/** The names of an array's axes. */
type Labels = readonly string[];

/** An array whose axes have names. */
export interface Labelled {
  readonly array: NdArray;
  readonly labels: Labels;
}

/**
 * The sum of the products of arrays over every axis that `output` does not name, with the axes in the order of `output`:
 * Einstein's summation. Two at a time are multiplied as matrices. `sizes` says how long the axes of the output are that
 * no array has.
 */
export function contract(
  operands: readonly Labelled[],
  output: Labels,
  sizes: ReadonlyMap<string, number>,
): NdArray {
  const [first, ...rest] = operands.map(diagonal);
  let left = first!;
  rest.forEach((right, i) => {
    const needed = new Set([...output, ...rest.slice(i + 1).flatMap(({ labels }) => labels)]);
    left = pair(left, right, needed);
  });
  return arranged(summed(left, new Set(output)), output, sizes);
}

/** The view in which an axis that is named twice is one: the diagonal. */
export function diagonal({ array, labels }: Labelled): Labelled {
  const names = [...new Set(labels)];
  const shape = names.map((name) => array.shape[labels.indexOf(name)]!);
  demandShapeOf(
    'diagonal',
    array,
    labels.map((name) => shape[names.indexOf(name)]!),
  );
  if (names.length === labels.length) return { array, labels };
  const stride = names.map((name) =>
    labels.reduce((step, label, axis) => (label === name ? step + array.stride[axis]! : step), 0),
  );
  return { array: strided(array, shape, stride, array.offset), labels: names };
}

/** The product of two arrays, summed over the axes that are not needed afterwards. */
function pair(a: Labelled, b: Labelled, needed: ReadonlySet<string>): Labelled {
  const left = summed(a, new Set([...needed, ...b.labels]));
  const right = summed(b, new Set([...needed, ...a.labels]));
  const shared = left.labels.filter((name) => right.labels.includes(name));
  const batch = shared.filter((name) => needed.has(name));
  const inner = shared.filter((name) => !needed.has(name));
  const rows = left.labels.filter((name) => !shared.includes(name));
  const columns = right.labels.filter((name) => !shared.includes(name));
  const product = matmul(matrices(left, batch, rows, inner), matrices(right, batch, inner, columns));
  const shape = [...batch, ...rows].map(sizeIn(left)).concat(columns.map(sizeIn(right)));
  return { array: reshape(product, shape), labels: [...batch, ...rows, ...columns] };
}

/** An array as [batch, rows, columns], each of several axes. */
function matrices(a: Labelled, batch: Labels, rows: Labels, columns: Labels): NdArray {
  const order = [...batch, ...rows, ...columns].map((name) => a.labels.indexOf(name));
  const sizes = [batch, rows, columns].map((names) => sizeOf(names.map(sizeIn(a))));
  return reshape(transpose(a.array, order), sizes);
}

const sizeIn =
  ({ array, labels }: Labelled) =>
  (name: string): number =>
    array.shape[labels.indexOf(name)]!;

/** The array summed over the axes that are not needed. */
function summed({ array, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const axes = labels.flatMap((name, axis) => (needed.has(name) ? [] : [axis]));
  if (axes.length === 0) return { array, labels };
  const kept = labels.filter((name) => needed.has(name));
  const shape = kept.map((name) => array.shape[labels.indexOf(name)]!);
  return { array: reshape(sum(array, axes), shape), labels: kept };
}

/** The array with its axes in this order; axes that it lacks are broadcast to their size. */
function arranged(a: Labelled, output: Labels, sizes: ReadonlyMap<string, number>): NdArray {
  const present = output.filter((name) => a.labels.includes(name));
  const ordered = transpose(
    a.array,
    present.map((name) => a.labels.indexOf(name)),
  );
  const narrow: Shape = output.map((name) => (present.includes(name) ? sizeIn(a)(name) : 1));
  const whole = output.map((name) => (present.includes(name) ? sizeIn(a)(name) : sizes.get(name)!));
  return broadcastTo(reshape(ordered, narrow), whole);
}
