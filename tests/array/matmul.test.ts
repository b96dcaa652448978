import { expect } from 'chai';
import fc from 'fast-check';
import {
  type NdArray,
  Random,
  draw,
  flat,
  fromFlat,
  kernelInfo,
  matmul,
  setKernels,
  transpose,
} from '../../src/array/index.js';
import { runs } from '../support/runs.js';
import { elements, views } from '../support/views.js';

const sizes = fc.integer({ min: 1, max: 9 });

/** Σ a[..., i, l] b[..., l, j], by the definition. */
function product(a: NdArray, b: NdArray): number[] {
  const [m, k, n] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!];
  const lead = a.shape.slice(0, -2);
  const batch = lead.reduce((size, s) => size * s, 1);
  const [left, right] = [elements(a), elements(b)];
  return Array.from({ length: batch * m * n }, (_, o) => {
    const [at, i, j] = [Math.floor(o / (m * n)), Math.floor(o / n) % m, o % n];
    let total = 0;
    for (let l = 0; l < k; l++) total += left[(at * m + i) * k + l]! * right[(at * k + l) * n + j]!;
    return total;
  });
}

// Every set of kernels that runs here answers to the same tests.
for (const set of kernelInfo().available) {
  describe(`matmul, by ${set}`, () => {
    before(() => setKernels(set));
    const earlier = kernelInfo().kernels;
    after(() => setKernels(earlier));

    it('is the sum of products, for views of any stride, in batches', () => {
      const cases = fc
        .tuple(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }), sizes, sizes, sizes)
        .chain(([lead, m, k, n]) => fc.tuple(views([...lead, m, k]), views([...lead, k, n])));
      fc.assert(
        fc.property(cases, ([a, b]) => {
          const c = matmul(a, b);
          expect(c.shape).to.deep.equal([...a.shape.slice(0, -1), b.shape.at(-1)]);
          expect(elements(c)).to.deep.equal(product(a, b)); // Quarters: every product and sum is exact.
        }),
      );
    });

    it('turns around when both are transposed', () => {
      const cases = fc
        .tuple(sizes, sizes, sizes)
        .chain(([m, k, n]) => fc.tuple(views([m, k]), views([k, n])));
      fc.assert(
        fc.property(cases, ([a, b]) => {
          expect(elements(transpose(matmul(a, b)))).to.deep.equal(
            elements(matmul(transpose(b), transpose(a))),
          );
        }),
      );
    });

    it('goes past the depth of a panel, within the rounding of its dtype', () => {
      const k = 1000;
      const random = new Random(1);
      for (const dtype of ['float32', 'float64'] as const) {
        const [a, b] = [
          draw([13, k], () => random.normal(), dtype),
          draw([k, 11], () => random.normal(), dtype),
        ];
        const exact = product(a, b);
        const bound = k * (dtype === 'float32' ? 2 ** -24 : 2 ** -53);
        elements(matmul(a, b)).forEach((value, i) => {
          expect(Math.abs(value - exact[i]!)).to.be.below(bound * 4 * Math.sqrt(k));
        });
      }
    });

    it('agrees with itself on transposed, stepped and offset operands, to the bit', () => {
      const cases = fc
        .tuple(
          fc.integer({ min: 12, max: 20 }),
          fc.integer({ min: 12, max: 20 }),
          fc.integer({ min: 12, max: 20 }),
        )
        .chain(([m, k, n]) => fc.tuple(views([m, k]), views([k, n])));
      fc.assert(
        fc.property(cases, ([a, b]) => {
          const [left, right] = [
            fromFlat(Float64Array.from(elements(a)), a.shape),
            fromFlat(Float64Array.from(elements(b)), b.shape),
          ];
          expect(elements(matmul(a, b))).to.deep.equal(elements(matmul(left, right)));
          expect(elements(matmul(a, b))).to.deep.equal(product(a, b));
        }),
        { numRuns: runs(0.2) },
      );
    });

    it('stretches what leads', () => {
      const a = fromFlat(Float64Array.of(1, 2, 3, 4), [2, 1, 2]);
      const b = fromFlat(Float64Array.of(1, 0, 0, 1, 2, 0, 0, 2, 3, 0, 0, 3), [3, 1, 2, 2]);
      const c = matmul(a, b);
      expect(c.shape).to.deep.equal([3, 2, 1, 2]);
      expect([...flat(c)]).to.deep.equal([1, 2, 3, 4, 2, 4, 6, 8, 3, 6, 9, 12]);
    });

    it('gives zeros where nothing is summed', () => {
      const c = matmul(fromFlat(new Float64Array(0), [2, 0]), fromFlat(new Float64Array(0), [0, 2]));
      expect([...flat(c)]).to.deep.equal([0, 0, 0, 0]);
    });

    it('refuses sizes that do not meet', () => {
      const a = fromFlat(new Float64Array(6), [2, 3]);
      expect(() => matmul(a, a)).to.throw(
        'matmul: expected shapes [..., m, k] and [..., k, n], received [[2,3],[2,3]].',
      );
    });
  });
}
