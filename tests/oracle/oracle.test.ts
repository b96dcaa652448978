import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, Random, distance, draw, full } from '../../src/array/index.js';
import { type Tensor, tensor, vjp } from '../../src/index.js';
import { type Norm, type OptionsOf, type Situation, gradientKind } from '../../src/norms/norm.js';
import { rule } from '../../src/norms/rule.js';
import { record } from '../../src/autograd/tape.js';
import { cases } from '../support/arbitraries.js';
import { normalizationTypes, norms } from '../support/every-norm.js';
import type { Formula, GradientFormula, Named } from '../../src/norms/algebra.js';
import { taped } from '../../src/verify/taped.js';

type Arrays = Readonly<Record<string, NdArray>>;
type Tensors = Readonly<Record<string, Tensor>>;

interface Case {
  readonly x: NdArray;
  readonly weights: Arrays;
  /** The inputs besides x. */
  readonly inputs: Arrays;
  readonly options: OptionsOf<Norm>;
  readonly situation: Situation<string>;
  readonly seed: number;
}

const tensors = (arrays: Arrays): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(arrays).map(([name, value]) => [name, tensor(value)]));

const values = (named: Named<Tensor> = {}): Arrays =>
  Object.fromEntries(Object.entries(named).map(([name, t]) => [name, t!.value]));

/** Outputs, gradients of all inputs and of every weight, and running statistics, by name. */
function pulled(
  { x, weights, inputs, seed }: Case,
  f: (x: Tensor, weights: Tensors, inputs: Tensors) => { outputs: readonly Tensor[]; state?: Arrays },
): Arrays {
  const [first, own, beside] = [tensor(x), tensors(weights), tensors(inputs)];
  const leaves = { x: first, ...own, ...beside };
  let state: Arrays = {};
  const { value, pullback } = vjp(() => {
    const computed = f(first, own, beside);
    state = computed.state ?? {};
    return computed.outputs;
  });
  const random = new Random(seed);
  const gradients = pullback(value.map(({ shape }) => tensor(draw(shape, () => random.normal(), 'float64'))));
  return {
    ...Object.fromEntries(value.map((y, k) => [`output ${k}`, y.value])),
    ...Object.fromEntries(
      Object.entries(leaves).map(([name, leaf]) => [`d${name}`, gradients.of(leaf)!.value]),
    ),
    ...state,
  };
}

/** By the definition, with its hand-derived backward pass. */
const byHand = (norm: Norm, test: Case): Arrays =>
  pulled(test, (x, weights, beside) => {
    const { options, situation } = test;
    const inputs = [x, ...Object.values(weights), ...Object.values(beside)];
    const apply = rule(norm, Object.keys(weights), options, situation, Object.keys(beside));
    let state: Readonly<Record<string, NdArray>> | undefined;
    const outputs = record(norm.type, inputs, (...arrays) => {
      const result = apply(arrays);
      state = result.state;
      return result;
    });
    return { outputs, state: { ...situation.state, ...state } };
  });

/** By the formula, with the backward pass of the tape. */
const byTape = (norm: Norm, test: Case): Arrays =>
  pulled(test, (x, weights, inputs) => {
    const { training, state, mask } = test.situation;
    const setting = { training, state: tensors(state), inputs, mask: mask && tensor(mask) };
    const computed = (norm.formula as Formula)(taped, x, weights, test.options as never, setting);
    return { outputs: computed.outputs, state: { ...state, ...values(computed.state) } };
  });

/** Gradients that a rule of the norm approximates. */
function byRule(norm: Norm, { x, weights, options, situation, seed, ...test }: Case): Arrays {
  if (gradientKind(norm, options, situation) !== 'approximate') return {};
  const random = new Random(seed);
  const gradients = [tensor(draw(x.shape, () => random.normal(), 'float64'))];
  const { training, mask } = situation;
  const state = tensors(situation.state);
  const setting = { training, state, inputs: tensors(test.inputs), mask: mask && tensor(mask), gradients };
  const rule = norm.gradient!.formula as GradientFormula;
  const pulled = rule(taped, tensor(x), tensors(weights), options as never, setting);
  const ofWeights = Object.keys(weights).map((name) => [`d${name}`, pulled.parameters[name]!.value] as const);
  return { dx: pulled.x.value, ...Object.fromEntries(ofWeights) };
}

const size = (a: NdArray): number => distance(a, full([], 0, a.dtype));

/**
 * Random settings of a norm: options of every kind, ranks 1 to 5, training or eval mode, masks, weights and state of
 * any kind, and ε far below, near and above the squares of x, so that floors and clamps apply in some.
 */
const configurations = (norm: Norm): fc.Arbitrary<Case> =>
  fc
    .record({
      drawn: cases(norm),
      epsilon: fc.constantFrom(1e-6, 1e-2, 0.5, 1, 2, 30),
      spread: fc.constantFrom(0.01, 1, 1, 10),
    })
    .map(({ drawn: { x, parameters, inputs, options, situation, seed }, epsilon, spread }) => {
      const random = new Random(seed + 1);
      const normal = (like: NdArray, factor = 1) =>
        draw(like.shape, () => factor * random.normal(), 'float64');
      return {
        x: normal(x, spread),
        weights: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, normal(value)])),
        inputs,
        options: 'epsilon' in options ? { ...options, epsilon } : options,
        situation,
        seed,
      };
    })
    .filter(
      ({ x, options, situation, inputs, weights }) =>
        (norm.kinks?.(x, options, { ...situation, inputs, weights }) ?? 1) > 1e-6,
    );

// Formula and definition are written separately, and the tape knows no norms: two independent witnesses.
describe('the oracle', () => {
  it('has a formula for every type of the catalog', () => {
    for (const type of normalizationTypes) expect(norms[type].formula, type).to.be.a('function');
  });

  for (const type of normalizationTypes) {
    it(`agrees with ${type} on outputs, statistics and all gradients`, () => {
      fc.assert(
        fc.property(configurations(norms[type]), (test) => {
          const actual = byHand(norms[type], test);
          const expected = { ...byTape(norms[type], test), ...byRule(norms[type], test) };
          expect(Object.keys(actual)).to.have.members(Object.keys(expected));
          for (const [name, wanted] of Object.entries(expected)) {
            expect(actual[name]!.shape, name).to.deep.equal(wanted.shape);
            // Seeds are near 1: results far below them are remainders of numbers of that size that cancelled.
            const bound = 1e-10 * Math.max(1, size(wanted));
            expect(distance(actual[name]!, wanted), name).to.be.at.most(bound);
          }
        }),
      );
    });
  }
});
