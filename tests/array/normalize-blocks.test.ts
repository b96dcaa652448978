import { expect } from 'chai';
import fc from 'fast-check';
import { kernelInfo, setKernels } from '../../src/kernels/index.js';
import {
  type NdArray,
  Random,
  draw,
  flat,
  normalizeBlocks,
  normalizeWith,
  reshape,
  sliceView,
} from '../../src/array/index.js';

const recipes = fc.record({
  centered: fc.boolean(),
  total: fc.constantFrom('mean', 'sum'),
  bound: fc.constantFrom('added', 'floor'),
  epsilon: fc.constant(1e-5),
});

const cases = fc.record({
  dtype: fc.constantFrom('float32', 'float64'),
  samples: fc.integer({ min: 1, max: 3 }),
  rows: fc.integer({ min: 8, max: 20 }),
  n: fc.integer({ min: 2, max: 9 }),
  gained: fc.boolean(),
  shifted: fc.boolean(),
  // Squares of far numbers overflow.
  far: fc.boolean(),
  recipe: recipes,
  seed: fc.integer({ min: 0, max: 1000 }),
});

describe('normalizeBlocks', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  it('leaves float32 to two steps in JavaScript, which would round one pass once', () => {
    setKernels('js');
    const recipe = { centered: true, total: 'mean', bound: 'added', epsilon: 1 } as const;
    const blocks = (dtype: 'float32' | 'float64') =>
      normalizeBlocks(
        draw([8, 3], () => 1, dtype),
        1,
        recipe,
        {},
        1,
      );
    expect(blocks('float32')).to.equal(undefined);
    expect(blocks('float64')).not.to.equal(undefined);
  });

  it('has the bits of every sample alone, in values, statistics and gradients', () => {
    fc.assert(
      fc.property(cases, ({ dtype, samples, rows, n, gained, shifted, far, recipe, seed }) => {
        fc.pre(dtype === 'float64' || before !== 'js');
        const random = new Random(seed);
        const normal = (...shape: number[]): NdArray => draw(shape, () => random.normal(), dtype);
        const x = draw([samples, rows, n], () => random.normal() * (far ? 1e30 : 1), dtype);
        const [gain, shift] = [gained, shifted].map((has) => (has ? normal(samples, n) : undefined));
        const [g, ofLength] = [normal(samples, rows, n), normal(samples, rows, 1)];
        const all = normalizeBlocks(x, 2, recipe, { gain, shift }, samples)!;
        const pulled = all.back(g, ofLength);
        for (let s = 0; s < samples; s++) {
          const own = (a: NdArray) => sliceView(a, [[s, s + 1]]);
          const weight = (a: NdArray | undefined) => a && reshape(own(a), [n]);
          const one = normalizeWith(own(x), 2, recipe, {
            gain: weight(gain),
            shift: weight(shift),
            along: 2,
          })!;
          const alone = one.back(own(g), own(ofLength));
          const same = (a: NdArray | undefined, b: NdArray | undefined) =>
            expect(a && [...flat(own(a))]).to.deep.equal(b && [...flat(b)]);
          same(all.value, one.value);
          same(all.length, one.length);
          same(pulled.x, alone.x);
          same(pulled.gain, alone.gain);
          same(pulled.shift, alone.shift);
        }
      }),
    );
  });

  it('leaves small blocks and columns to others', () => {
    const x = draw([2, 7, 3], () => 1, 'float64');
    const recipe = { centered: true, total: 'mean', bound: 'added', epsilon: 1 } as const;
    expect(normalizeBlocks(x, 2, recipe, {}, 2)).to.equal(undefined);
    expect(normalizeBlocks(x, 1, recipe, {}, 2)).to.equal(undefined);
    expect(normalizeBlocks(x, 2, recipe, {}, 1)).not.to.equal(undefined);
  });
});
