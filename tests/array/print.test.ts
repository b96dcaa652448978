import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, arrayText, fromSource, sizeOf, toNested } from '../../src/array/index.js';

/** Lists with the items that a text shows: of an axis longer than seven in a long array, three at each end. */
const shown = (nested: unknown, short: boolean): unknown => {
  if (!Array.isArray(nested)) return nested;
  const items = nested.map((item) => shown(item, short));
  return short && items.length > 7 ? [...items.slice(0, 3), '…', ...items.slice(-3)] : items;
};

/** Shapes of up to 1000 numbers and of more, with axes on both sides of seven. */
const shapes = fc.oneof(
  fc.constantFrom(
    [1000],
    [1001],
    [10, 100],
    [7, 143],
    [7, 144],
    [8, 126],
    [6, 7, 24],
    [2, 9, 8, 7],
    [1001, 1],
  ),
  fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
);

const numbered = (shape: readonly number[], from: number): NdArray =>
  fromSource(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => from + i),
    { shape: [...shape] },
  );

/** The text without shape and dtype. */
const body = (a: NdArray): string => arrayText(a).replace(/^\[[\d, ]*\] float64\s/, '');

describe('the text of an array', () => {
  it('holds every number in its place, or the ends of axes longer than seven beyond 1000 numbers', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: -999, max: 999 }), (shape, from) => {
        const a = numbered(shape, from);
        expect(JSON.parse(body(a).replaceAll('…', '"…"'))).to.deep.equal(
          shown(toNested(a), sizeOf(shape) > 1000),
        );
      }),
    );
  });

  it('has its numbers in columns as wide as the widest, and its brackets under each other', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: -999, max: 999 }), (shape, from) => {
        const rank = shape.length;
        if (rank === 1) return;
        const lines = body(numbered(shape, from)).split('\n');
        const rows = lines.filter((line) => /\d/.test(line));
        const cells = rows.flatMap((line) =>
          line
            .slice(rank)
            .replace(/\]+,?$/, '')
            .split(', '),
        );
        const numbers = cells.filter((cell) => cell !== '…');
        const width = Math.max(...numbers.map((cell) => cell.trim().length));
        expect(new Set(numbers.map(({ length }) => length))).to.deep.equal(new Set([width]));
        for (const line of rows) expect(line.slice(0, rank)).to.match(/^ *\[+$/);
        for (const line of lines.filter((line) => /^ *…/.test(line)))
          expect(line.search('…')).to.be.within(1, rank - 1);
      }),
    );
  });

  it('keeps the sign of 0', () => {
    expect(arrayText(fromSource([0, -0]))).to.equal('[2] float32 [0, -0]');
  });
});
