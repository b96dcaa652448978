import { expect } from 'chai';
import fc from 'fast-check';
import ndarray from 'ndarray';
import oracle from 'ndarray-ops';
import {
  type NdArray,
  type Shape,
  add,
  broadcastTo,
  cast,
  copy,
  div,
  flat,
  full,
  mul,
  scale,
  sizeOf,
  sub,
  sumTo,
  zip,
} from '../../src/array/index.js';
import { runs } from '../support/runs.js';
import { elements, views } from '../support/views.js';

// Single numbers, and axes of one, are what is stepped through in a way of its own.
const sizes = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 4 }));
const shapes = fc.array(sizes, { maxLength: 6 });

/** Two views, of which the second is stretched along some axes, and may lack some of the first. */
const pairs = fc
  .tuple(shapes, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), fc.nat(2))
  .chain(([shape, cut, drop]) => {
    const small = shape.map((n, axis) => (cut[axis] ? 1 : n)).slice(Math.min(drop, shape.length));
    return fc.tuple(views(shape), views(small));
  });

const stretched = (a: NdArray, shape: Shape): NdArray => {
  const whole = ndarray(new Float64Array(sizeOf(shape)), [...shape]);
  oracle.assign(whole, broadcastTo(a, shape));
  return whole;
};

describe('element by element', () => {
  const operations = { add, sub, mul, div };
  for (const name of Object.keys(operations) as (keyof typeof operations)[]) {
    it(`${name} agrees with ndarray-ops on views of any stride and offset and on arrays without gaps, to either side`, () => {
      fc.assert(
        fc.property(pairs, ([a, b]) => {
          const expected = ndarray(new Float64Array(sizeOf(a.shape)), [...a.shape]);
          const inTurn = (f: (x: NdArray, y: NdArray) => NdArray) =>
            [a, copy(a)].flatMap((x) => [b, copy(b)].map((y) => elements(f(x, y))));
          oracle[name](expected, a, stretched(b, a.shape));
          const forward = elements(expected as NdArray);
          for (const result of inTurn(operations[name])) expect(result).to.deep.equal(forward);
          oracle[name](expected, stretched(b, a.shape), a);
          const backward = elements(expected as NdArray);
          for (const result of inTurn((x, y) => operations[name](y, x)))
            expect(result).to.deep.equal(backward);
        }),
      );
    });

    it(`${name} reads operands of different dtypes by their own, and gives float64`, () => {
      // Both are made by an op, so that compiled kernels find them in their memory.
      const [narrow, wide] = [scale(full([3], 1.5, 'float32'), 1), scale(full([3], 1e300, 'float64'), 1)];
      const expected = operations[name](cast(narrow, 'float64'), wide);
      const result = operations[name](narrow, wide);
      expect(result.dtype).to.equal('float64');
      expect([...flat(result)]).to.deep.equal([...flat(expected)]);
      expect([...flat(operations[name](wide, narrow))]).to.deep.equal([
        ...flat(operations[name](wide, cast(narrow, 'float64'))),
      ]);
    });
  }

  it('zip hands its function the elements in order', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const right = elements(stretched(b, a.shape));
        const expected = elements(a).map((x, i) => 100 * x + right[i]!);
        expect(elements(zip(a, b, (x, y) => 100 * x + y))).to.deep.equal(expected);
      }),
    );
  });

  it('sumTo is the transpose of broadcastTo', () => {
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const inner = (x: NdArray, y: NdArray) =>
          elements(x).reduce((sum, v, i) => sum + v * elements(y)[i]!, 0);
        expect(inner(sumTo(a, b.shape), b)).to.be.closeTo(inner(a, stretched(b, a.shape)), 1e-9);
        expect(sumTo(a, b.shape).shape).to.deep.equal(b.shape);
      }),
      { numRuns: runs(0.5) },
    );
  });

  it('flat reads views in row-major order, and copies only what has gaps', () => {
    fc.assert(
      fc.property(shapes.chain(views), (a) => {
        expect([...flat(a)]).to.deep.equal(elements(a));
      }),
    );
    const whole = ndarray(Float64Array.of(1, 2, 3, 4), [2, 2]) as NdArray;
    expect(flat(whole)).to.equal(whole.data);
    expect(flat(whole.lo(1, 0) as NdArray).buffer).to.equal(whole.data.buffer);
  });

  it('refuses shapes that do not meet', () => {
    const a = ndarray(new Float64Array(6), [2, 3]) as NdArray;
    expect(() => add(a, ndarray(new Float64Array(2), [2]) as NdArray)).to.throw(
      'broadcast: expected shapes whose axes are equal or 1, counted from the end, received [[2,3],[2]].',
    );
    expect(() => broadcastTo(a, [3])).to.throw('broadcastTo: expected a shape that stretches to [3]');
    expect(() => broadcastTo(a, [1, 3])).to.throw('broadcastTo');
  });

  it('does nothing to what is empty', () => {
    const empty = ndarray(new Float64Array(0), [2, 0, 3]) as NdArray;
    expect(add(empty, empty).shape).to.deep.equal([2, 0, 3]);
    expect([...flat(sumTo(empty, [1, 1, 3]))]).to.deep.equal([0, 0, 0]);
  });
});
