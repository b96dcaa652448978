import { NormtapeError } from '../error.js';
import * as kernels from '../kernels/index.js';
import { type NdArray, type Shape, empty, sizeOf } from './array.js';
import { broadcastShape, broadcastTo } from './broadcast.js';
import { numbersOf } from './view.js';

/**
 * The matrix product of [..., m, k] and [..., k, n], with what leads broadcast. Transposed views are read in place.
 * Throws if the ranks are below 2 or the inner sizes differ.
 */
export function matmul(a: NdArray, b: NdArray): NdArray {
  const [rank, other] = [a.shape.length, b.shape.length];
  const [m, k, rows, n] = [a.shape[rank - 2], a.shape[rank - 1], b.shape[other - 2], b.shape[other - 1]];
  if (a.shape.length < 2 || b.shape.length < 2 || k !== rows) {
    const received = [a.shape, b.shape];
    throw new NormtapeError({ where: 'matmul', expected: 'shapes [..., m, k] and [..., k, n]', received });
  }
  if (a.shape.length === 2 && b.shape.length === 2) return single(a, b, m!, k!, n!);
  const lead = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...lead, m!, n!];
  const out = empty(shape, a.dtype);
  const numbers = out.store.numbers;
  const left = broadcastTo(a, [...lead, m!, k!]);
  const right = broadcastTo(b, [...lead, rows!, n!]);
  const product = m! * n!;
  batches(left, right, lead, (atA, atB, batch) =>
    kernels.matmul(m! | 0, k! | 0, n! | 0, matrix(left, atA), matrix(right, atB), numbers, batch * product),
  );
  return out;
}

/** The product of two matrices, which most are. */
function single(a: NdArray, b: NdArray, m: number, k: number, n: number): NdArray {
  const out = empty([m, n], a.dtype);
  kernels.matmul(m | 0, k | 0, n | 0, matrix(a, a.offset), matrix(b, b.offset), out.store.numbers, 0);
  return out;
}

/** Where each pair of matrices of a batch begins. */
function batches(
  a: NdArray,
  b: NdArray,
  lead: Shape,
  visit: (atA: number, atB: number, batch: number) => void,
): void {
  const count = sizeOf(lead);
  for (let batch = 0; batch < count; batch++) {
    let rest = batch;
    let [atA, atB] = [a.offset, b.offset];
    for (let axis = lead.length - 1; axis >= 0; axis--) {
      const i = rest % lead[axis]!;
      rest = (rest - i) / lead[axis]!;
      atA += i * a.stride[axis]!;
      atB += i * b.stride[axis]!;
    }
    visit(atA, atB, batch);
  }
}

/** A matrix of the last two axes that begins there, as kernels take it. */
export function matrix(a: NdArray, at: number) {
  const { stride } = a;
  const rank = stride.length;
  return { data: numbersOf(a), at: at | 0, row: stride[rank - 2]! | 0, column: stride[rank - 1]! | 0 };
}
