import { expect } from 'chai';
import { LARGEST, type NdArray, SMALLEST, flat } from '../../src/array/index.js';
import type { Formula, GradientFormula } from '../../src/norms/algebra.js';
import { type Norm, gradientKind } from '../../src/norms/norm.js';
import { rule } from '../../src/norms/rule.js';
import { type Question, exactly } from '../../src/verify/exact/exactly.js';
import { afterBackward } from '../../src/verify/ruled.js';

function computed(norm: Norm, question: Question): Readonly<Record<string, NdArray>> {
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

/** Expects outputs and gradients as near to the exact ones as the formula is, evaluated in the dtype without overflow. */
export function demandNear(norm: Norm, question: Question): void {
  const { dtype } = question.x;
  const { training = true, state = {}, inputs = {}, mask, weights } = question;
  const actual = computed(norm, question);
  const situation = { training, state, inputs, mask, weights };
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
      expect(Math.abs(given[i]! - value), `${name}[${i}]: ${given[i]} for ${value}`).to.be.at.most(bound);
    });
  }
}
