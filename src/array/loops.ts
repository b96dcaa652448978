import type { Steps } from '../kernels/index.js';
import type { Shape } from './array.js';

/** The strides of an array in memory. */
export interface Strided {
  readonly shape: Shape;
  readonly stride: Shape;
  readonly offset: number;
}

/**
 * Walks operands of one shape in row-major order, and hands a kernel as much at a time as two nested loops hold.
 * Neighbouring axes that every operand steps through evenly count as one, so that arrays without gaps, with a row or
 * with a single number stretched over them, are done in one call.
 *
 * Whatever comes from outside is made small integers of: kernels that have once counted with doubles, though whole, take
 * twice the time from then on.
 */
export function walk(
  operands: readonly Strided[],
  visit: (rows: number, columns: number, at: readonly Steps[], done: number) => void,
): void {
  const axes = merged(operands);
  if (axes.some(({ size }) => size === 0)) return;
  const none = { size: 1, strides: operands.map(() => 0) };
  const columns = axes.pop() ?? none;
  const rows = axes.pop() ?? none;
  const positions = operands.map(({ offset }) => offset | 0);
  const index = axes.map(() => 0);
  const step = rows.size * columns.size;
  for (let done = 0; ; done += step) {
    const at = positions.map((position, k) => ({
      at: position,
      row: rows.strides[k]!,
      column: columns.strides[k]!,
    }));
    visit(rows.size, columns.size, at, done);
    let axis = axes.length - 1;
    for (; axis >= 0; axis--) {
      const { size, strides } = axes[axis]!;
      index[axis]! += 1;
      if (index[axis]! < size) {
        strides.forEach((stride, k) => (positions[k]! += stride));
        break;
      }
      strides.forEach((stride, k) => (positions[k]! -= stride * (size - 1)));
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

interface Axis {
  size: number;
  strides: number[];
}

function merged(operands: readonly Strided[]): Axis[] {
  const axes: Axis[] = [];
  operands[0]!.shape.forEach((given, i) => {
    const size = given | 0;
    if (size === 1) return;
    const strides = operands.map(({ stride }) => stride[i]! | 0);
    const last = axes.at(-1);
    if (last?.strides.every((stride, k) => stride === strides[k]! * size)) {
      last.size *= size;
      last.strides = strides;
    } else axes.push({ size, strides });
  });
  return axes;
}

/** Whether the elements lie in row-major order without gaps. */
export function isRowMajor({ shape, stride }: Strided): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}
