import { expect } from 'chai';
import fc from 'fast-check';
import { kernelInfo, setKernels } from '../../src/kernels/index.js';
import * as js from '../../src/kernels/js/index.js';
import type { Kernels } from '../../src/kernels/kernels.js';
import * as wasm from '../../src/kernels/wasm/index.js';
import { ranCompiled, withoutRoom } from './fallbacks.js';

// Whole numbers, so that many are equal and every sum is exact.
const whole = fc.integer({ min: -3, max: 3 });
const cases = fc
  .record({ n: fc.integer({ min: 1, max: 9 }), rows: fc.integer({ min: 1, max: 4 }) })
  .chain(({ n, rows }) => {
    const many = (length: number) => fc.array(whole, { minLength: length, maxLength: length });
    return fc.record({
      Store: fc.constantFrom(Float32Array, Float64Array),
      level: many(n),
      x: many(n * rows),
      g: many(n * rows),
    });
  });

type Case = typeof cases extends fc.Arbitrary<infer C> ? C : never;

function run({ maximumBack }: Pick<Kernels, 'maximumBack'>, { Store, level, x, g }: Case) {
  const [ofX, ofLevel] = [new Store(x.length).fill(7), new Float64Array(level.length).fill(1)];
  maximumBack(Store.from(g), Store.from(x), Store.from(level), ofX, ofLevel);
  return { ofX: [...ofX], ofLevel: [...ofLevel] };
}

const demand = (table: Pick<Kernels, 'maximumBack'>) =>
  fc.assert(
    fc.property(cases, (given) => {
      const { level, x, g } = given;
      const shares = x.map((value, p) => (1 + Math.sign(value - level[p % level.length]!)) / 2);
      const { ofX, ofLevel } = run(table, given);
      ofX.forEach((slope, p) => expect(slope).to.equal(g[p]! * shares[p]! + 0));
      ofLevel.forEach((sum, j) => {
        const left = g.map((slope, p) => (p % level.length === j ? slope * (1 - shares[p]!) : 0));
        expect(sum).to.equal(left.reduce((a, b) => a + b, 1));
      });
    }),
  );

describe('the backward pass of a maximum with a row of levels', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  it('gives each gradient to the larger, and half to each if both are equal', () => demand(js));

  for (const set of kernelInfo().available)
    it(`does so with the kernels ${set}`, () => {
      setKernels(set);
      demand(wasm);
    });

  it('keeps infinite gradients on their side', () => {
    for (const table of [js, wasm]) {
      const level = [0, 0, 0, 0, 0];
      const given = { Store: Float32Array, level, x: [1, -1, 1, -1, 1], g: level.map(() => Infinity) };
      const { ofX, ofLevel } = run(table, given);
      expect(ofX).to.deep.equal([Infinity, 0, Infinity, 0, Infinity]);
      expect(ofLevel).to.deep.equal([1, Infinity, 1, Infinity, 1]);
    }
  });

  it('runs compiled for float32, and in JavaScript without room', function () {
    if (!kernelInfo().available.includes('wasm')) return this.skip();
    setKernels('wasm');
    for (const Store of [Float32Array, Float64Array]) {
      const given = { Store, level: [1, 2], x: [1, 2, 3, 4], g: [1, 1, 1, 1] };
      expect(ranCompiled(() => void run(wasm, given))).to.equal(Store === Float32Array);
    }
    withoutRoom(() => demand(wasm));
  });
});
