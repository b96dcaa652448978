import type { Node } from '../graph/node.js';

/** An index along each axis, as expressions of C. */
export type Index = readonly string[];

/** The first ancestor of a reshape, or of reshapes of it, that is none. */
export const unreshaped = (node: Node): Node =>
  node.kind === 'reshape' ? unreshaped(node.inputs[0]!) : node;

/** a + n, in as few words as possible. */
export const plus = (a: string, n: number): string =>
  n === 0 ? a : /^\d+$/.test(a) ? String(Number(a) + n) : `${a} ${n < 0 ? '-' : '+'} ${Math.abs(n)}`;

/** a · n, in as few words as possible. */
export const times = (a: string, n: number): string =>
  n === 1 || a === '0'
    ? a
    : /^\d+$/.test(a)
      ? String(Number(a) * n)
      : `${a.includes(' ') ? `(${a})` : a} * ${n}`;

/** How far the elements of each axis lie apart. */
export const stridesOf = (shape: readonly number[]): readonly number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((size, n) => size * n, 1));

/** The place in memory of an index. */
export function placeOf(shape: readonly number[], index: Index): string {
  const strides = stridesOf(shape);
  const parts = index.flatMap((at, axis) => (at === '0' ? [] : [times(at, strides[axis]!)]));
  const known = parts.filter((part) => /^\d+$/.test(part)).reduce((sum, part) => sum + Number(part), 0);
  const others = parts.filter((part) => !/^\d+$/.test(part));
  if (others.length === 0) return String(known);
  // A quotient and its remainder, side by side, are the number that was divided.
  return plus(others.join(' + ').replace(/\((\w+) \/ (\d+)\) \* \2 \+ \1 % \2(?!\d)/g, '$1'), known);
}

/** The index in an array of one shape of an element whose index in another shape is known. */
export function reshapedIndex(given: readonly number[], wanted: readonly number[], index: Index): Index {
  const at = wanted.map(() => '0');
  let [from, to] = [0, 0];
  while (to < wanted.length) {
    // The fewest next axes of both that hold as many elements.
    const [start, first] = [from, to];
    let [left, right] = [given[from++] ?? 1, wanted[to++]!];
    while (left !== right) {
      if (left < right) left *= given[from++]!;
      else right *= wanted[to++]!;
    }
    const place = placeOf(given.slice(start, from), index.slice(start, from));
    const sizes = wanted.slice(first, to);
    const strides = stridesOf(sizes);
    sizes.forEach((size, axis) => {
      if (size === 1) return;
      const isLowest = strides[axis] === 1;
      const isHighest = sizes.slice(0, axis).every((n) => n === 1);
      const quotient = isLowest ? place : `${bracketed(place)} / ${strides[axis]!}`;
      at[first + axis] = isHighest ? quotient : `${bracketed(quotient)} % ${size}`;
    });
  }
  return at;
}

const bracketed = (text: string): string => (text.includes(' ') ? `(${text})` : text);
