import { type NdArray, ROUNDOFF, SMALLEST, flat } from '../../array/index.js';
import type { Formula, GradientFormula } from '../../norms/algebra.js';
import type { Options, Values } from '../../norms/option.js';
import { pulledByName } from '../ruled.js';
import { type Ball, balls } from './ball.js';
import { scalars } from './scalars.js';
import { wide } from './wide.js';

type Arrays = Readonly<Record<string, NdArray>>;

/** The arguments of a formula, with gradients of its outputs. */
export interface Question {
  readonly x: NdArray;
  readonly weights: Arrays;
  readonly options: Values<Options>;
  readonly training?: boolean;
  readonly state?: Arrays;
  readonly inputs?: Arrays;
  readonly mask?: NdArray | undefined;
  /** A gradient of every output. */
  readonly seeds: readonly NdArray[];
  /** A rule that gradients are taken from in place of slopes, and what its backward pass leaves of the statistics. */
  readonly rule?: GradientFormula | undefined;
}

/** Numbers as no rounding made them, rounded once to float64, and how far off the plain formula may be with rounding. */
interface Answer {
  readonly values: readonly number[];
  readonly errors: readonly number[];
}

/**
 * The outputs and the gradients of x, the weights and the inputs besides x by name, exactly, with bounds for arithmetic in
 * the dtype of x. With a rule, the gradients that it gives, and the statistics after its backward pass.
 */
export function exactly(formula: Formula, question: Question): Readonly<Record<string, Answer>> {
  const { dtype } = question.x;
  const field = balls(ROUNDOFF[dtype], SMALLEST[dtype]);
  const { algebra, array, vjp } = scalars(field);
  const read = (a: NdArray) => array(Array.from(flat(a), field.of), a.shape);
  const all = (arrays: Arrays = {}) =>
    Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, read(a)]));
  const { options, training = true, seeds, rule } = question;
  const x = read(question.x);
  const weights = all(question.weights);
  const inputs = all(question.inputs);
  const setting = {
    training,
    state: all(question.state),
    inputs,
    mask: question.mask && read(question.mask),
  };
  const { outputs, gradients } = vjp(
    () => formula(algebra, x, weights, options as never, setting).outputs,
    seeds.map((seed) => Array.from(flat(seed), field.of)),
    [x, ...Object.values(weights), ...Object.values(inputs)],
  );
  const answer = (all: readonly Ball[]): Answer => ({
    values: all.map(({ value }) => wide.number(value)),
    errors: all.map(({ error }) => wide.number(error)),
  });
  const names = ['dx', ...[...Object.keys(weights), ...Object.keys(inputs)].map((name) => `d${name}`)];
  const dy = seeds.map((seed) => read(seed));
  const ruled = rule?.(algebra, x, weights, options as never, { ...setting, gradients: dy });
  return Object.fromEntries([
    ...outputs.map((y, k) => [`output ${k}`, answer(y)]),
    ...gradients.map((g, k) => [names[k]!, answer(g)]),
    ...Object.entries(ruled ? pulledByName(ruled) : {}).map(([name, { data }]) => [
      name,
      answer(data.map(({ value }) => value)),
    ]),
  ]);
}
