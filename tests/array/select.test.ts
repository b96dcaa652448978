import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Range,
  concat,
  dot,
  flat,
  fromFlat,
  gather,
  placed,
  scatterAdd,
  sliceView,
  toNested,
} from '../../src/array/index.js';
import { elements, views } from '../support/views.js';

const ranges = fc.oneof(
  fc.constant<Range>([]),
  fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 }), fc.integer({ min: 1, max: 3 })),
);

/** What a range takes of a list, by the list's own slice. */
const cut = <T>(list: readonly T[], range: Exclude<Range, number>): T[] =>
  list.slice(range[0], range[1]).filter((_, i) => i % (range[2] ?? 1) === 0);

describe('what is selected', () => {
  it('by slice is what slice takes of nested lists', () => {
    const cases = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
      .chain((shape) => fc.tuple(views(shape), ranges, ranges));
    fc.assert(
      fc.property(cases, ([a, rows, columns]) => {
        const lists = toNested(a) as number[][];
        const expected = cut(lists, rows as []).map((row) => cut(row, columns as []));
        expect(elements(sliceView(a, [rows, columns]))).to.deep.equal(expected.flat());
      }),
    );
  });

  it('by an index drops its axis', () => {
    const a = fromFlat(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
    expect(toNested(sliceView(a, [-1]))).to.deep.equal([4, 5, 6]);
    expect(toNested(sliceView(a, [[], 1]))).to.deep.equal([2, 5]);
    expect(() => sliceView(a, [2])).to.throw('axis 0: expected a whole number from -2 to 1, received 2.');
    expect(() => sliceView(a, [[0, 2, 0]])).to.throw('with a step above 0');
    expect(() => sliceView(a, [[], [], []])).to.throw('slice: expected at most 2 ranges');
  });

  it('goes back to its place among zeros', () => {
    const part = fromFlat(Float64Array.of(7, 8), [2]);
    const back = placed(part, [2, 3], (zeros) => sliceView(zeros, [1, [0, 3, 2]]));
    expect([...flat(back)]).to.deep.equal([0, 0, 0, 7, 0, 8]);
  });

  it('by gather is put back by scatterAdd, its transpose', () => {
    const cases = fc
      .tuple(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }), fc.nat(2))
      .chain(([shape, at]) => {
        const axis = at % shape.length;
        const n = shape[axis]!;
        const picks = fc.array(fc.integer({ min: -n, max: n - 1 }), { minLength: 1, maxLength: 5 });
        return picks.chain((list) =>
          fc.tuple(
            views(shape),
            views(shape.with(axis, list.length)),
            fc.constant({ axis, picks: { data: Int32Array.from(list), shape: [list.length] } }),
          ),
        );
      });
    fc.assert(
      fc.property(cases, ([a, b, { axis, picks }]) => {
        const taken = gather(a, picks, axis);
        expect(taken.shape).to.deep.equal(b.shape);
        picks.data.forEach((pick, i) => {
          const whole = a.shape.map((): Range => []);
          const from = sliceView(a, whole.with(axis, pick));
          expect(elements(sliceView(taken, whole.with(axis, i)))).to.deep.equal(elements(from));
        });
        expect(dot(taken, b)).to.be.closeTo(dot(a, scatterAdd(b, picks, axis, a.shape)), 1e-9);
      }),
    );
  });

  it('is joined again by concat', () => {
    const cases = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 5 }), fc.nat(5))
      .chain(([m, n, cutAt]) => fc.tuple(views([m, n]), fc.constant(cutAt % n)));
    fc.assert(
      fc.property(cases, ([a, at]) => {
        const parts = [sliceView(a, [[], [0, at]]), sliceView(a, [[], [at]])];
        expect(elements(concat(parts, -1))).to.deep.equal(elements(a));
      }),
    );
    const [a, b] = [fromFlat(new Float64Array(2), [1, 2]), fromFlat(new Float64Array(3), [1, 3])];
    expect(() => concat([a, b], 0)).to.throw('all of one shape but for axis 0, received [[1,2],[1,3]].');
  });
});
