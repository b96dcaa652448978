import { expect } from 'chai';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { PlainArray, sizeOf } from '../../src/array/index.js';

type Indices = (number | null)[];

/** One call of a method, with an argument for each of four axes, of which it takes as many as there are. */
interface Call {
  readonly method: 'lo' | 'hi' | 'step' | 'transpose' | 'pick';
  readonly arguments: Indices;
}

/** Indices inside of a shape, and in places none: undefined, null or negative. */
const someOf = (most: number) =>
  fc.array(fc.oneof(fc.integer({ min: 0, max: most }), fc.constantFrom(-1, null, undefined as never)), {
    minLength: 4,
    maxLength: 4,
  });

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ method: fc.constant('lo' as const), arguments: someOf(1) }),
  fc.record({ method: fc.constant('hi' as const), arguments: someOf(3) }),
  fc.record({ method: fc.constant('pick' as const), arguments: someOf(0) }),
  fc.record({
    method: fc.constant('step' as const),
    arguments: fc.array(fc.constantFrom(1, 2, -1, -2, 3), { maxLength: 4 }),
  }),
  fc.record({
    method: fc.constant('transpose' as const),
    arguments: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
  }),
);

function applied(a: ndarray.NdArray<Float64Array>, { method, arguments: given }: Call) {
  const own =
    method === 'transpose' ? given.filter((axis) => axis! < a.dimension) : given.slice(0, a.dimension);
  return a[method](...(own as number[]));
}

const layoutOf = ({ shape, stride, offset, size, dimension, dtype }: ndarray.NdArray) => ({
  ...{ shape: [...shape], stride: [...stride], offset, size, dimension, dtype },
});

describe('an array by steps', () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

  it('does what the package ndarray does, method after method', () => {
    fc.assert(
      fc.property(shapes, fc.array(call, { maxLength: 5 }), (shape, calls) => {
        const numbers = Float64Array.from({ length: sizeOf(shape) }, (_, i) => i);
        let real: ndarray.NdArray<Float64Array> = ndarray(numbers, [...shape]);
        let own = new PlainArray(numbers, 'float64', [...shape]) as ndarray.NdArray<Float64Array>;
        for (const next of calls) {
          // Of no elements, or of no axes, theirs is another class with methods of its own.
          const made = applied(real, next);
          if (made.size === 0 || made.dimension === 0) continue;
          [real, own] = [made, applied(own, next)];
          expect(layoutOf(own)).to.deep.equal(layoutOf(real));
        }
        expect(own.data).to.equal(real.data);
        const steps = ({ order, stride }: ndarray.NdArray) => order.map((axis) => Math.abs(stride[axis]!));
        expect(steps(own)).to.deep.equal(steps(real));
        const last = real.shape.map((n) => n - 1);
        expect([own.index(...last), own.get(...last)]).to.deep.equal([
          real.index(...last),
          real.get(...last),
        ]);
        expect(own.index()).to.deep.equal(real.index());
        // More than there is may be asked of hi.
        if (!(own.index(...last) in numbers)) return;
        expect(own.set(...last, -7)).to.equal(-7);
        expect(real.get(...last)).to.equal(-7);
      }),
    );
  });

  it('has its axes in reverse under T, and one number if each axis has an index', () => {
    const a = new PlainArray(Float64Array.of(1, 2, 3, 4, 5, 6), 'float64', [1, 2, 3]);
    expect([a.T.shape, a.T.stride]).to.deep.equal([
      [3, 2, 1],
      [1, 3, 6],
    ]);
    const one = a.pick(0, 1, 2);
    expect([one.shape, one.size, one.get()]).to.deep.equal([[], 1, 6]);
    expect([one.set(9), a.get(0, 1, 2)]).to.deep.equal([9, 9]);
  });
});
