import { expect } from 'chai';
import fc from 'fast-check';
import { createWeightNormalization, tensor } from '../../../src/index.js';
import { failure } from '../../support/failure.js';

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** The least power of two, from 2 on, that holds so many coordinates. */
const capacityOf = (n: number): number => (n <= 2 ? 2 : 2 * capacityOf(Math.ceil(n / 2)));

/** The sizes of the output axes of a kernel, and of its others, in ascending order of axes. */
const partedSizes = (shape: readonly number[], axis: readonly number[]) => {
  const isOutput = (at: number): boolean => axis.some((one) => one === at || one + shape.length === at);
  return {
    outputs: shape.filter((_, at) => isOutput(at)),
    others: shape.filter((_, at) => !isOutput(at)),
    isOutput,
  };
};

const shapes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 4 });

describe('polar_weight_norm', () => {
  it('takes distinct output axes of a kernel, fewer than it has, and angles that fit both', () => {
    const axes = fc.array(fc.integer({ min: -5, max: 4 }), { maxLength: 4 });
    const off = fc.constantFrom(0, 0, 0, 1, 2);
    fc.assert(
      fc.property(shapes, axes, off, off, (shape, axis, moreUnits, moreAngles) => {
        const rank = shape.length;
        const places = axis.map((at) => (at < 0 ? at + rank : at));
        const isFitting =
          axis.length > 0 &&
          axis.length < rank &&
          new Set(places).size === axis.length &&
          places.every((at) => at >= 0 && at < rank);
        const { outputs, others } = partedSizes(shape, axis);
        const [units, angles] = [product(outputs) + moreUnits, capacityOf(product(others)) - 1 + moreAngles];
        const layer = createWeightNormalization('polar_weight_norm', { shape, axis });
        const message = failure(() => layer.build([units, angles], { dtype: 'float64' }));
        if (!Number.isInteger(Math.log2(angles + 1)))
          expect(message).to.match(/^polar_weight_norm: expected angles \[units, d − 1\]/);
        else if (!isFitting)
          expect(message).to.match(
            new RegExp(
              `^polar_weight_norm.axis: expected distinct output axes of a kernel of rank ${rank}, received`,
            ),
          );
        else if (moreUnits || moreAngles)
          expect(message).to.match(/^polar_weight_norm.shape: expected the shape of a kernel with angles/);
        else expect(message).to.equal('no error');
      }),
      { numRuns: 500 },
    );
  });

  it('is the kernel whose directions have these angles, for kernels and output axes of any kind', () => {
    const kernels = shapes.chain((shape) =>
      fc
        .subarray(
          shape.map((_, at) => at),
          { minLength: 1, maxLength: shape.length - 1 },
        )
        .chain((axis) =>
          fc.record({
            shape: fc.constant(shape),
            axis: fc.shuffledSubarray(axis, { minLength: axis.length }),
          }),
        ),
    );
    fc.assert(
      fc.property(kernels, fc.integer(), ({ shape, axis }, seed) => {
        const { outputs, others, isOutput } = partedSizes(shape, axis);
        const [units, n] = [product(outputs), product(others)];
        const count = capacityOf(n) - 1;
        const angle = (i: number): number => 3 * Math.sin(seed + 1.7 * i);
        const psi = Array.from({ length: units }, (_, u) =>
          Array.from({ length: count }, (__, i) => angle(u * count + i)),
        );
        const layer = createWeightNormalization('polar_weight_norm', { shape, axis });
        const kernel = layer.forward(tensor(psi, { dtype: 'float64' }));
        expect(kernel.shape).to.deep.equal(shape);

        const rows = psi.map((own) => {
          let [point, from] = [[1], count];
          while (from > 0) {
            const level = own.slice((from -= point.length), from + point.length);
            point = point.flatMap((r, i) => [r * Math.cos(level[i]!), r * Math.sin(level[i]!)]);
          }
          const first = point.slice(0, n);
          const length = Math.hypot(...first);
          return first.map((value) => value / (length + 1e-12));
        });
        const visit = (index: readonly number[]): void => {
          if (index.length < shape.length)
            return shape.forEach((size, at) => {
              if (at === index.length) for (let i = 0; i < size; i++) visit([...index, i]);
            });
          const flat = (own: boolean): number =>
            shape.reduce((sum, size, at) => (isOutput(at) === own ? sum * size + index[at]! : sum), 0);
          expect(kernel.value.get(...index)).to.be.closeTo(rows[flat(true)]![flat(false)]!, 1e-9);
        };
        visit([]);
      }),
    );
  });
});
