import { expect } from 'chai';
import {
  type NdArray,
  Random,
  type Shape,
  draw,
  flat,
  fromSource,
  full,
  mul,
  toNested,
  total,
} from '../../src/array/index.js';
import { Tensor, norms, vjp } from '../../src/index.js';
import type { Algebra } from '../../src/norms/algebra.js';
import type { Norm } from '../../src/norms/norm.js';
import { read } from '../../src/norms/option.js';
import { asTeX, asText } from '../../src/norms/steps-print.js';
import { stepsOf } from '../../src/norms/steps.js';
import { witness } from '../../src/norms/witness.js';
import { exactly } from '../../src/verify/exact/exactly.js';
import { taped } from '../../src/verify/taped.js';

type Body = <T>(math: Algebra<T>, x: T, weight: T) => T;

/** A norm of this formula, with one weight. */
const normOf = (body: Body): Norm => ({
  ...norms.rms_norm,
  formula: <T>(math: Algebra<T>, x: T, { scale }: { readonly scale?: T | undefined }) => ({
    outputs: [body(math, x, scale!)],
  }),
});

const { values: options } = read('rms_norm', norms.rms_norm.options, {});

/** The value by plain arrays. */
const valueAt = (body: Body, x: NdArray, weight: NdArray): NdArray =>
  witness(normOf(body), x, { options, weights: { scale: weight }, state: {} }).outputs[0]!;

/** The value by plain arrays, the tape and exact numbers, with gradients of x and the weight by the latter two. */
function everywhere(body: Body, x: NdArray, weight: NdArray, seed: NdArray) {
  const norm = normOf(body);
  const leaves = [new Tensor(x), new Tensor(weight)] as const;
  const { value, pullback } = vjp(() => body(taped, ...leaves));
  const gradients = pullback(new Tensor(seed));
  const exact = exactly(norm.formula as never, { x, weights: { scale: weight }, options, seeds: [seed] });
  return {
    onArrays: valueAt(body, x, weight),
    onTape: value.value,
    exact: exact['output 0']!.values,
    tapeGradients: leaves.map((leaf) => flat(gradients.of(leaf)?.value ?? full([2, 3], 0, 'float64'))),
    exactGradients: [exact['dx']!.values, exact['dscale']!.values],
  };
}

const array = (nested: readonly unknown[]): NdArray => fromSource(nested as number[], { dtype: 'float64' });

const BODIES: Readonly<Record<string, Body>> = {
  'slice along the last axis': (math, x, w) => math.mul(math.slice(x, -1, 1, 3), math.slice(w, 1, 0, 2)),
  'slice along the first axis': (math, x) => math.slice(x, 0, 1, 2),
  'concat along the last axis': (math, x, w) => math.concat([x, w, math.mul(x, w)], -1),
  'concat along the first axis': (math, x, w) => math.concat([math.slice(x, 0, 0, 1), w], 0),
  'concat of slices': (math, x, w) => math.concat([math.slice(x, -1, 2, 3), math.slice(w, -1, 0, 2)], 1),
  erf: (math, x, w) => math.erf(math.mul(x, w)),
  'sin and cos': (math, x, w) => math.mul(math.sin(x), math.cos(math.mul(x, w))),
  'the count along an axis': (math, x) => math.mul(math.sqrt(math.count(x, -1)), x),
  'maximum of two arrays': (math, x, w) => math.maximum(x, w),
  'maximum of an array and one that is broadcast': (math, x, w) => math.maximum(math.slice(w, 0, 0, 1), x),
  'maximum of an array and a number': (math, x) => math.maximum(x, 0.25),
  'minimum of two arrays': (math, x, w) => math.minimum(x, w),
  'minimum of an array and a number': (math, x) => math.minimum(x, 0.25),
  positive: (math, x, w) => math.mul(math.positive(math.sub(x, w)), math.mul(x, w)),
  stop: (math, x, w) => math.mul(math.mul(x, math.stop(x)), w),
};

/** Σ y g for the outputs y, as a function of x and the weight. */
const along = (body: Body, seed: NdArray) => (x: NdArray, weight: NdArray) =>
  flat(total(mul(valueAt(body, x, weight), seed)))[0]!;

/** The same leaf with one number moved. */
const moved = (leaf: NdArray, at: number, by: number): NdArray => {
  const numbers = Float64Array.from(flat(leaf), (value, i) => (i === at ? value + by : value));
  return fromSource(numbers, { shape: leaf.shape });
};

describe('the algebra of formulas', () => {
  for (const [name, body] of Object.entries(BODIES))
    it(`computes ${name} alike on arrays, on the tape and exactly`, () => {
      for (const seed of [1, 2, 3]) {
        const random = new Random(seed);
        const normal = (shape: Shape) => draw(shape, () => random.normal(), 'float64');
        const [x, weight] = [normal([2, 3]), normal([2, 3])];
        const g = normal(valueAt(body, x, weight).shape);
        const { onArrays, onTape, exact, tapeGradients, exactGradients } = everywhere(body, x, weight, g);
        expect(onTape.shape).to.deep.equal(onArrays.shape);
        exact.forEach((value, i) => {
          expect(flat(onArrays)[i]).to.be.closeTo(value, 1e-14);
          expect(flat(onTape)[i]).to.be.closeTo(value, 1e-14);
        });
        exactGradients.forEach((gradient, k) =>
          gradient.forEach((value, i) => expect(tapeGradients[k]![i]).to.be.closeTo(value, 1e-13)),
        );
      }
    });

  for (const [name, body] of Object.entries(BODIES).filter(([name]) => name !== 'stop'))
    it(`gives ${name} the gradients of finite differences`, () => {
      // No number is near to another or to 0.25, where a maximum has a kink.
      const x = array([
        [0.5, -0.75, 1.5],
        [-1.25, 0.1, -0.3],
      ]);
      const weight = array([
        [-0.6, 0.8, 1.1],
        [0.4, -0.2, 0.9],
      ]);
      const random = new Random(5);
      const g = draw(valueAt(body, x, weight).shape, () => random.normal(), 'float64');
      const { tapeGradients } = everywhere(body, x, weight, g);
      const value = along(body, g);
      for (let i = 0; i < 6; i++) {
        const slope = (f: (by: number) => number): number => (f(1e-5) - f(-1e-5)) / 2e-5;
        const ofX = slope((by) => value(moved(x, i, by), weight));
        const ofWeight = slope((by) => value(x, moved(weight, i, by)));
        expect(tapeGradients[0]![i]).to.be.closeTo(ofX, 1e-8);
        expect(tapeGradients[1]![i]).to.be.closeTo(ofWeight, 1e-8);
      }
    });

  const [x, w] = [
    array([
      [1, -2, 3],
      [4, 5, -6],
    ]),
    array([
      [1, 2, -3],
      [5, 5, 7],
    ]),
  ];
  const valueOf = (body: Body) => toNested(valueAt(body, x, w));

  it('slices from the first index to before the last', () => {
    expect(valueOf((math, a) => math.slice(a, -1, 1, 3))).to.deep.equal([
      [-2, 3],
      [5, -6],
    ]);
    expect(valueOf((math, a) => math.slice(a, 0, 1, 2))).to.deep.equal([[4, 5, -6]]);
  });

  it('puts arrays one after the other along the axis', () => {
    expect(valueOf((math, a, b) => math.concat([a, b], 0))).to.deep.equal([
      [1, -2, 3],
      [4, 5, -6],
      [1, 2, -3],
      [5, 5, 7],
    ]);
    expect(valueOf((math, a, b) => math.concat([math.slice(a, 1, 0, 1), b], 1))).to.deep.equal([
      [1, 1, 2, -3],
      [4, 5, 5, 7],
    ]);
  });

  it('splits the gradient of a maximum in halves between arrays that tie', () => {
    const g = array([
      [1, 10, 100],
      [3, 30, 300],
    ]);
    const { onArrays, tapeGradients, exactGradients } = everywhere(BODIES['maximum of two arrays']!, x, w, g);
    expect(toNested(onArrays)).to.deep.equal([
      [1, 2, 3],
      [5, 5, 7],
    ]);
    const wanted = [
      [0.5, 0, 100, 0, 15, 0],
      [0.5, 10, 0, 3, 15, 300],
    ];
    expect(tapeGradients.map((values) => [...values])).to.deep.equal(wanted);
    expect(exactGradients).to.deep.equal(wanted);
  });

  it('splits the gradient of a minimum in halves between arrays that tie', () => {
    const g = array([
      [1, 10, 100],
      [3, 30, 300],
    ]);
    const { onArrays, tapeGradients, exactGradients } = everywhere(BODIES['minimum of two arrays']!, x, w, g);
    expect(toNested(onArrays)).to.deep.equal([
      [1, -2, -3],
      [4, 5, -6],
    ]);
    const wanted = [
      [0.5, 10, 0, 3, 15, 300],
      [0.5, 0, 100, 0, 15, 0],
    ];
    expect(tapeGradients.map((values) => [...values])).to.deep.equal(wanted);
    expect(exactGradients).to.deep.equal(wanted);
  });

  it('passes no gradient through stop', () => {
    const g = array([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    const { tapeGradients, exactGradients } = everywhere((math, a, b) => math.mul(math.stop(a), b), x, w, g);
    const wanted = [[0, 0, 0, 0, 0, 0], [...flat(x)]];
    expect(tapeGradients.map((values) => [...values])).to.deep.equal(wanted);
    expect(exactGradients).to.deep.equal(wanted);
    // Of x · stop(x) the slope is stop(x), not 2x.
    const half = everywhere((math, a) => math.mul(a, math.stop(a)), x, w, g);
    expect([...half.tapeGradients[0]!]).to.deep.equal([...flat(x)]);
    expect(half.exactGradients[0]).to.deep.equal([...flat(x)]);
  });

  it('is 1 above 0, and 0 at 0 and below, and passes no gradient through that', () => {
    const at = array([
      [1, 0, -2],
      [5e-324, -0, -5e-324],
    ]);
    const g = array([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    const run = everywhere((math, a, b) => math.mul(math.positive(a), b), at, w, g);
    expect([...flat(run.onTape)]).to.deep.equal([1, 0, -0, 5, 0, 0]);
    expect(run.exactGradients).to.deep.equal([
      [0, 0, 0, 0, 0, 0],
      [1, 0, 0, 1, 0, 0],
    ]);
    expect(run.tapeGradients.map((values) => [...values])).to.deep.equal(run.exactGradients);
  });

  it('is written as text and as TeX', () => {
    const body: Body = (math, a) => {
      const head = math.name('h', math.slice(a, -1, 0, 2, 'first k'));
      const parts = [0, 1].map((i) => math.sum(math.slice(math.mul(a, a), -1, i, i + 1, 'window'), -1));
      const S = math.name('S', math.concat(parts, -1));
      const both = math.name('b', math.concat([head, math.slice(math.add(a, S), -1, 0, 1)], -1));
      return math.minimum(math.maximum(math.stop(math.erf(both)), both), 3);
    };
    const steps = stepsOf(normOf(body))!;
    expect(asText(steps)).to.deep.equal([
      'h = x[first k]',
      'S = Σ(x²[window])',
      'b = [h, (x + S)[0:1]]',
      'y = min(max(stop(erf(b)), b), 3)',
    ]);
    expect(asTeX(steps)).to.equal(
      String.raw`\begin{aligned} h &= x_{\text{first k}} \\ S &= \sum\left(x^2_{\text{window}}\right) \\ ` +
        String.raw`b &= \left[h, \left(x + S\right)_{\text{0:1}}\right] \\ ` +
        String.raw`y &= \min\left(\max\left(\operatorname{stop}\left(\operatorname{erf}\left(b\right)\right), b\right), 3\right) \end{aligned}`,
    );
  });
});
