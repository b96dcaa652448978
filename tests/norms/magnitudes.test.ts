import { expect } from 'chai';
import fc from 'fast-check';
import { LARGEST, type NdArray, SMALLEST, flat } from '../../src/array/index.js';
import type { Formula, GradientFormula } from '../../src/norms/algebra.js';
import { type Norm, gradientKind } from '../../src/norms/norm.js';
import { rule } from '../../src/norms/rule.js';
import { type Question, exactly } from '../../src/verify/exact/exactly.js';
import { afterBackward } from '../../src/verify/ruled.js';
import { questions } from '../oracle/questions.js';
import { normalizationTypes, norms } from '../support/every-norm.js';

function computed(norm: Norm, question: Question) {
  const { x, weights, inputs = {}, options, training = true, state = {}, mask, seeds } = question;
  const [own, beside] = [Object.keys(weights), Object.keys(inputs)];
  const apply = rule(norm, own, options, { training, state, mask }, beside);
  const {
    values,
    pullback,
    backwardState,
    state: after,
  } = apply([x, ...Object.values(weights), ...Object.values(inputs)]);
  const gradients = pullback(seeds);
  return {
    ...Object.fromEntries(values.map((y, k) => [`output ${k}`, y])),
    ...Object.fromEntries(['x', ...own, ...beside].map((name, k) => [`d${name}`, gradients[k]!])),
    ...afterBackward(backwardState?.(seeds, { ...state, ...after }) ?? {}),
  };
}

describe('at every magnitude', () => {
  for (const type of normalizationTypes) {
    for (const dtype of ['float32', 'float64'] as const) {
      it(`${type} in ${dtype} is as near to the exact result as its formula without overflow`, () => {
        const norm: Norm = norms[type];
        fc.assert(
          fc.property(questions(norm, dtype), (question) => {
            // At a corner there is no gradient to compare.
            const { training = true, state = {}, inputs = {}, mask, weights } = question;
            const situation = { training, state, inputs, mask, weights };
            fc.pre(norm.kinks?.(question.x, question.options, situation) !== 0);
            const actual = computed(norm, question);
            const isRuled = gradientKind(norm, question.options, situation) === 'approximate';
            const rule = isRuled ? (norm.gradient!.formula as GradientFormula) : undefined;
            const expected = exactly(norm.formula as Formula, { ...question, rule });
            const most = (arrays: readonly NdArray[]) =>
              Math.max(1, ...arrays.flatMap((a) => [...flat(a)].map(Math.abs)));
            // x̂ is kept in the dtype of x, where it may underflow; what multiplies it multiplies that.
            // Without these factors this is below all numbers that have all their digits.
            const { epsilon = 1 } = question.options as { readonly epsilon?: number };
            const factor = most(question.seeds) * most(Object.values(question.weights));
            const underflow = (2 ** 16 * SMALLEST[dtype] * factor) / Math.min(1, Math.sqrt(epsilon));
            for (const [name, { values, errors }] of Object.entries(expected)) {
              const given = flat(actual[name]!);
              values.forEach((value, i) => {
                const bound = 8 * errors[i]! + underflow;
                if (Math.abs(value) + bound > LARGEST[dtype]) return;
                expect(Math.abs(given[i]! - value), `${name}[${i}]: ${given[i]} for ${value}`).to.be.at.most(
                  bound,
                );
              });
            }
          }),
        );
      });
    }
  }
});
