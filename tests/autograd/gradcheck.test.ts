import { expect } from 'chai';
import fc from 'fast-check';
import {
  type NdArray,
  add,
  full,
  map,
  mean,
  mul,
  scale,
  square,
  sub,
  sum,
  sumTo,
  fromFlat,
  flat,
} from '../../src/array/index.js';
import { assertGradients, gradcheck } from '../../src/autograd/gradcheck/gradcheck.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { primitive } from '../../src/autograd/primitive.js';
import { tensor } from '../../src/autograd/create.js';
import { createNormalizationLayer } from '../../src/norms/normalizations.js';
import { abs, maximum, mul as times, relu, sin, softmax } from '../../src/ops/catalog.js';
import { randomNormal } from '../../src/ops/create.js';
import { runs } from '../support/runs.js';

const x = randomNormal([4, 6], { seed: 1, dtype: 'float64' });
const gain = randomNormal([6], { seed: 2, dtype: 'float64' });

interface Parts {
  /** The gradient from above, with the gain, and x̂, 1 / N and the seed itself. */
  readonly g: NdArray;
  readonly unit: NdArray;
  readonly r: NdArray;
  readonly seed: NdArray;
}

const right = ({ g, unit, r }: Parts) => mul(r, sub(sub(g, mean(g, -1)), mul(unit, mean(mul(g, unit), -1))));

/** Layer normalization with a gain, and with any backward pass. */
const layerNorm = (
  ofX: (parts: Parts) => NdArray,
  ofGain: (parts: Parts) => NdArray = ({ seed, unit }) => sumTo(mul(seed, unit), [6]),
) =>
  primitive('layerNorm', (input: NdArray, weight: NdArray) => {
    const c = sub(input, mean(input, -1));
    const r = map(mean(square(c), -1), (v) => 1 / Math.sqrt(v + 1e-3));
    const unit = mul(c, r);
    return {
      value: mul(unit, weight),
      pullback(seed) {
        const parts = { g: mul(seed, weight), unit, r, seed };
        return [ofX(parts), ofGain(parts)];
      },
    };
  });

const said = (f: ReturnType<typeof layerNorm>): string => {
  try {
    assertGradients(f, [x, gain]);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
};

describe('gradcheck', () => {
  it('finds nothing wrong with correct gradients, to eleven digits', () => {
    const report = gradcheck(layerNorm(right), [x, gain]);
    expect(report).to.deep.include({ ok: true, findings: [], skipped: [] });
    expect(report.deviation).to.be.below(1e-10);
    expect(report.checked).to.be.above(0);
  });

  const wrong: Record<string, [ReturnType<typeof layerNorm>, RegExp]> = {
    'a mean that was not taken off': [
      layerNorm(({ g, unit, r }) => mul(r, sub(g, mul(unit, mean(mul(g, unit), -1))))),
      /input 0 is off by the same number all along a row: its sum over the row is [-\d.e]+, not [-\d.e]+; was a mean/,
    ],
    'a projection that is missing': [
      layerNorm(({ g, r }) => mul(r, sub(g, mean(g, -1)))),
      /input 0 is off along the input less its mean: is a projection missing/,
    ],
    'a sum for a mean in the projection': [
      layerNorm(({ g, unit, r }) => mul(r, sub(sub(g, mean(g, -1)), mul(unit, sum(mul(g, unit), -1))))),
      /input 0 is off along the input less its mean/,
    ],
    'a sign turned around': [
      layerNorm((parts) => scale(right(parts), -1)),
      /input 0 is off by a factor of -1: is a sign turned around\?$/,
    ],
    'a sum for a mean': [
      layerNorm((parts) => scale(right(parts), 6)),
      /a factor of 6, the size of a row: is a sum taken where a mean belongs\?$/,
    ],
    'a mean for a sum': [
      layerNorm(right, ({ seed, unit }) => scale(sumTo(mul(seed, unit), [6]), 1 / 6)),
      /input 1 is off by a factor of 0.1667, 1 over the size of a row: is a mean taken where a sum belongs\?$/,
    ],
    'nothing pulled back': [
      layerNorm(() => full([4, 6], 0, 'float64')),
      /input 0 is 0 everywhere: nothing is pulled back to it\.$/,
    ],
    'only the last row summed': [
      layerNorm(right, ({ seed, unit }) => fromFlat(flat(mul(seed, unit)).slice(18), [6])),
      /input 1 is wrong in no pattern that is known here\.$/,
    ],
    'a gain left out of the correction': [
      layerNorm(({ g, unit, r, seed }) =>
        mul(r, sub(sub(g, mean(seed, -1)), mul(unit, mean(mul(g, unit), -1)))),
      ),
      /input 0 is off by the same number all along a row/,
    ],
    'one row that is mixed up': [
      layerNorm((parts) => {
        const data = Float64Array.from(flat(right(parts)));
        data.copyWithin(0, 6, 12);
        return fromFlat(data, [4, 6]);
      }),
      /input 0 is (wrong|off) .*in 1 of 4 rows/,
    ],
    'something that the seed has no part in': [
      layerNorm((parts) => add(right(parts), full([], 1e-3, 'float64'))),
      /A seed of 0 did not give 0: .* it is not linear\./,
    ],
    'a number that is not finite': [
      layerNorm((parts) => map(right(parts), (v) => (v > 0 ? v : NaN))),
      /The gradient is not finite/,
    ],
  };
  for (const [what, [f, message]] of Object.entries(wrong)) {
    it(`names ${what}`, () => {
      expect(said(f)).to.match(message);
    });
  }

  it('names the worst position, the claimed gradient and the measured one', () => {
    const { ok, worst, deviation } = gradcheck(
      layerNorm((parts) => scale(right(parts), 3)),
      [x, gain],
    );
    expect([ok, worst!.input, worst!.index.length]).to.deep.equal([false, 0, 2]);
    expect(worst!.claimed / worst!.measured).to.be.closeTo(3, 1e-6);
    expect(worst!.error).to.be.below(1e-9);
    expect(deviation).to.be.above(1);
  });

  it('sees one wrong number among many, by a random direction', () => {
    const big = randomNormal([30, 20], { seed: 3, dtype: 'float64' });
    const f = (spoil: number) =>
      primitive('spoilt', (input: NdArray) => ({
        value: map(input, Math.sin),
        pullback(g) {
          const pulled = Float64Array.from(flat(mul(g, map(input, Math.cos))));
          pulled[77] = pulled[77]! * (1 + spoil);
          return [fromFlat(pulled, input.shape)];
        },
      }));
    expect(gradcheck(f(0), [big]).ok).to.equal(true);
    expect(gradcheck(f(0), [big]).checked).to.equal(3);
    expect(gradcheck(f(0.01), [big]).ok).to.equal(false);
  });

  it('skips corners and reports them, and fails if nothing is left to compare', () => {
    const corner = tensor([-1, 0, 2], { dtype: 'float64' });
    for (const op of [relu, abs]) {
      const { ok, skipped, checked } = gradcheck((a) => op(a!), [corner]);
      expect([ok, skipped, checked]).to.deep.equal([true, [{ input: 0, index: [1] }], 6]);
    }
    const zero = tensor([0, 0], { dtype: 'float64' });
    const { ok, findings } = gradcheck((a) => relu(a!), [zero]);
    expect([ok, findings]).to.deep.equal([
      false,
      ['Nothing could be compared: every slope jumps right here.'],
    ]);
    expect(
      gradcheck((a, b) => maximum(a!, b!), [corner, tensor([-1, 1, 5], { dtype: 'float64' })]).skipped,
    ).to.deep.equal([
      { input: 0, index: [0] },
      { input: 1, index: [0] },
    ]);
  });

  it('tells a narrow bend from a corner', () => {
    const zero = tensor([0, 0, 0], { dtype: 'float64' });
    for (const epsilon of [1e-2, 1e-6, 1e-10]) {
      const layer = createNormalizationLayer('dml_plus_center', { epsilon });
      expect(gradcheck((a) => layer.forward(a!), [zero])).to.deep.include({ ok: true, skipped: [] });
    }
  });

  it('finds its step whatever the size of a row', () => {
    const rows = tensor(
      [
        [1e-9, 2e-9, -1e-9],
        [1e6, -3e6, 2e6],
        [0, 0, 0],
        [1e4, 1e4 + 1, 1e4 - 2],
      ],
      { dtype: 'float64' },
    );
    const layer = createNormalizationLayer('rms_norm', { useScale: false });
    expect(gradcheck((a) => layer.forward(a!), [rows]).ok).to.equal(true);
  });

  it('moves parameters in place, and restores them', () => {
    const layer = createNormalizationLayer('layer_norm');
    const input = randomNormal([3, 4], { seed: 5, dtype: 'float64' });
    layer.build(input.shape, { dtype: 'float64' });
    const weights = layer.parameters();
    const before = weights.map((weight) => weight.toArray());
    expect(gradcheck((a) => layer.forward(a!), [input, ...weights]).ok).to.equal(true);
    expect(weights.map((weight) => weight.toArray())).to.deep.equal(before);

    const weight = new Parameter(randomNormal([3], { seed: 1, dtype: 'float64' }));
    const forgetful = primitive('forgetful', (a: NdArray, b: NdArray) => ({
      value: mul(a, b),
      pullback: (g) => [mul(g, b), full(b.shape, 0, 'float64')],
    }));
    const { findings } = gradcheck(
      (a) => forgetful(a!, weight),
      [input.shape ? tensor([1, 2, 3], { dtype: 'float64' }) : input, weight],
    );
    expect(findings).to.deep.equal([
      'The gradient of input 1 is 0 everywhere: nothing is pulled back to it.',
    ]);
  });

  it('finds a pullback with state', () => {
    let calls = 0;
    const f = primitive('moody', (input: NdArray) => ({
      value: map(input, (v) => v * v),
      pullback: (g) => [map(mul(g, input), (v) => 2 * v * (1 + (calls++ > 100 ? 1e-12 : 0)))],
    }));
    const many = randomNormal([100], { seed: 1, dtype: 'float64' });
    expect(gradcheck(f, [many]).findings).to.include('Pulling back again gave other bits.');
  });

  it('is right about smooth functions, for any seed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const a = randomNormal([2, 3], { seed, dtype: 'float64' });
        expect(gradcheck((v) => softmax(times(sin(v!), v!)), [a], { seed }).ok).to.equal(true);
        expect(
          gradcheck(
            layerNorm((parts) => scale(right(parts), 1 + 1e-6)),
            [x, gain],
            { seed },
          ).ok,
        ).to.equal(false);
      }),
      { numRuns: runs(0.3) },
    );
  });

  it('rejects float32', () => {
    expect(() => gradcheck((a) => relu(a!), [tensor([1])])).to.throw(
      'gradcheck: expected inputs of float64, received ["float32"].',
    );
  });
});
