import { expect } from 'chai';
import {
  type Dtype,
  LARGEST,
  type NdArray,
  Random,
  draw,
  flat,
  fromSource,
  map,
} from '../../src/array/index.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import type { Formula } from '../../src/norms/algebra.js';
import type { NormalizationLayer } from '../../src/norms/layer.js';
import type { Norm } from '../../src/norms/norm.js';
import { exactly } from '../../src/verify/exact/exactly.js';
import { fitting } from '../support/fitting.js';
import {
  type NormalizationType,
  accepts,
  createNormalizationLayer,
  normalizationTypes,
  norms,
} from '../support/every-norm.js';
import { beside } from '../support/beside.js';

const SHAPE = [3, 2, 4];
const PATTERN = [
  0.9, -0.5, 0.25, 0.125, -1, 0.75, 0.5, 0.3, 1, 1, 1, 1, 0.1, 0.2, -0.3, 0.4, -0.6, 0.7, 0.8, -0.2, 0, 0,
  0.5, 0,
];

const scaled = (type: NormalizationType, factor: number, dtype: Dtype): NdArray =>
  fromSource(
    Float64Array.from(PATTERN, (value) => value * factor),
    { shape: accepts(type, SHAPE) ? SHAPE : [8, 3], dtype },
  );

/** The exact outputs and the gradient of x, of which some may exceed the largest number. */
function exact(type: NormalizationType, x: NdArray): readonly (readonly number[])[] {
  const layer = createNormalizationLayer(type) as NormalizationLayer;
  const given = beside(layer, x);
  const { value } = vjp(() => [layer.forward(new Tensor(x), given)].flat() as readonly Tensor[]);
  const random = new Random(3);
  const seeds = value.map(({ shape }) => draw(shape, () => random.normal(), x.dtype));
  const own = layer.stateDict();
  const { parameters, state = {}, formula }: Norm = norms[type];
  const named = (specs: object) =>
    Object.fromEntries(Object.entries(own).filter(([name]) => Object.hasOwn(specs, name)));
  const answers = exactly(formula as Formula, {
    x,
    weights: named(parameters),
    inputs: Object.fromEntries(Object.entries(given).map(([name, t]) => [name, t.value])),
    state: named(state),
    options: layer.options,
    seeds,
  });
  return [...value.map((_, k) => answers[`output ${k}`]!.values), answers['dx']!.values];
}

/** The outputs, and the gradients of x, and of the weights and the inputs besides x. */
function run(type: NormalizationType, x: NdArray, options: object = {}) {
  const layer = createNormalizationLayer(type, options);
  layer.build(x.shape, { dtype: x.dtype });
  // Loaded weights do not start from data.
  layer.loadStateDict(layer.stateDict());
  const input = new Tensor(x);
  const given = beside(layer, x);
  const { value, pullback } = vjp(() => [layer.forward(input, given)].flat() as readonly Tensor[]);
  const random = new Random(3);
  const seeds = value.map(({ shape }) => new Tensor(draw(shape, () => random.normal(), x.dtype)));
  const pulled = pullback(seeds);
  return {
    values: value.map((y) => y.value),
    gradient: pulled.of(input)!.value,
    others: [...layer.parameters(), ...Object.values(given)].map((leaf) => pulled.of(leaf)!.value),
  };
}

const finite = (array: NdArray): boolean => flat(array).every(Number.isFinite);

/** Below, x grows at most fivefold in most norms; float32 and float64 hold that. */
const SIZES = {
  float32: [6e37, 1e19, 1e-19, 1e-38, 1.4e-45, 0],
  float64: [3e307, 1e200, 1e154, 1e-154, 1e-200, 1e-308, 5e-324, 0],
} as const;

describe('at the ends of the numbers', () => {
  for (const type of normalizationTypes) {
    for (const dtype of ['float32', 'float64'] as const) {
      it(`${type} gives finite numbers and gradients in ${dtype}`, () => {
        for (const size of SIZES[dtype]) {
          const { values, gradient } = run(type, scaled(type, size, dtype));
          const results = [...values, gradient];
          if (results.every(finite)) continue;
          // A norm without a bound may leave the range of numbers: then the exact result does.
          exact(type, scaled(type, size, dtype)).forEach((wanted, k) =>
            flat(results[k]!).forEach((value, i) =>
              expect(Number.isFinite(value), `${wanted[i]} at ${size}`).to.equal(
                Math.abs(wanted[i]!) <= LARGEST[dtype],
              ),
            ),
          );
        }
      });
    }

    const { invariants } = norms[type];
    if ('scalingLaw' in invariants || 'lengthScalingLaw' in invariants) {
      it(`${type} scales its gradient as its value does not, to the bit`, () => {
        for (const power of [-400, 300, 505]) {
          const a = 2 ** power;
          const plain = run(type, scaled(type, 1, 'float64'), { epsilon: 0.01 });
          const far = run(type, scaled(type, a, 'float64'), {
            epsilon: 0.01 * a * ('scalingLaw' in invariants ? a : 1),
          });
          expect(far.values.map((y) => [...flat(y)])).to.deep.equal(plain.values.map((y) => [...flat(y)]));
          expect([...flat(map(far.gradient, (g) => g * a))]).to.deep.equal([...flat(plain.gradient)]);
        }
      });
    }
  }

  for (const type of [
    'layer_norm',
    'zero_centered_rms_norm',
    'zero_centered_band_rms_norm',
    'zero_centered_adaptive_band_rms_norm',
  ] as const) {
    it(`${type} gives exactly 0 for constant rows, and keeps its digits on a large mean`, () => {
      for (const dtype of ['float32', 'float64'] as const) {
        for (const constant of [0.1, 1 / 3, 1234.5678, 1e6 + 0.1, 1e7, 1e19, 1e37]) {
          for (const n of [1, 2, 3, 7, 64, 100]) {
            const x = fromSource(new Float64Array(n).fill(constant), { shape: [1, n], dtype });
            const { values } = run(type, x);
            expect(
              [...flat(values[0]!)].every((y) => y === 0),
              `${constant} × ${n} in ${dtype}`,
            ).to.equal(true);
          }
        }
      }
      // 2²⁰ plus quarters is exact in both, so that nothing may be lost.
      const near = PATTERN.slice(0, 8).map((_, i) => ((i * 5) % 8) / 4);
      const plain = run(type, fromSource(Float64Array.from(near), { shape: [1, 8] }));
      const offset = run(
        type,
        fromSource(
          Float64Array.from(near, (value) => value + 2 ** 20),
          { shape: [1, 8] },
        ),
      );
      expect([...flat(offset.values[0]!)]).to.deep.equal([...flat(plain.values[0]!)]);
    });

    it(`${type} gives exactly 0, and no gradient, for an axis of one`, () => {
      const x = fromSource(Float64Array.of(5, -1e300, 1e-300, 0), { shape: [4, 1] });
      const { values, gradient } = run(type, x);
      expect([...flat(values[0]!), ...flat(gradient)].every((v) => v === 0)).to.equal(true);
    });
  }

  for (const [dtype, most] of [
    ['float32', 1.5e38],
    ['float64', 8e307],
  ] as const) {
    it(`sees lengths and means past the largest number in ${dtype}, where what is divided by them is not`, () => {
      // Equal numbers have a length of √n times one of them, and n of them a sum that no number holds.
      const x = fromSource(
        Float64Array.from({ length: 2 * 16 * 4 }, () => most),
        { shape: [2, 16, 4], dtype },
      );
      const ratios = (type: NormalizationType, options: object = {}) => {
        const { values, gradient } = run(type, x, options);
        expect([...values, gradient].every(finite), type).to.equal(true);
        return flat(values[0]!);
      };
      const near = (values: Iterable<number>, wanted: number) => {
        for (const value of values) expect(value / wanted).to.be.closeTo(1, 1e-6);
      };
      near(ratios('global_response_norm'), 2 * most);
      near(ratios('adaptive_band_rms', { maxBandWidth: 0.5 }), 0.75);
      near(ratios('band_logit_norm', { axis: 1, maxBandWidth: 0.5 }), 0.75 / 4);
    });
  }

  it('batch_norm of one row gives exactly 0 and no gradient', () => {
    const { values, gradient } = run(
      'batch_norm',
      fromSource(Float64Array.of(5, -1e300, 0), { shape: [1, 3] }),
    );
    expect([...flat(values[0]!), ...flat(gradient)].every((v) => v === 0)).to.equal(true);
  });

  const alone = normalizationTypes.filter((name) => {
    const { invariants, traits, inputs }: Norm = norms[name];
    // A negative gate would turn 0 to −0.
    return 'oddFunction' in invariants && traits !== undefined && traits.couples !== 'batch' && !inputs;
  });
  for (const type of alone) {
    it(`${type} leaves zeros at 0 where its statistics are 0 too`, () => {
      const shape = fitting(norms[type], [
        [2, 3],
        [2, 1, 3],
      ]);
      const x = fromSource(Float64Array.of(0, 0, 0, 3, -4, 0), { shape });
      expect([...flat(run(type, x).values[0]!)].slice(0, 3)).to.deep.equal([0, 0, 0]);
    });
  }
});
