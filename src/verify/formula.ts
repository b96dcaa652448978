import { LARGEST, type NdArray, SMALLEST, copy, distance, flat, full, sizeOf } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import { vjp } from '../autograd/vjp.js';
import type { Formula, GradientFormula } from '../norms/algebra.js';
import { descriptionOf } from '../norms/description.js';
import { type Norm, gradientKind } from '../norms/norm.js';
import type { Claim, Tried } from './claim.js';
import { exactly } from './exact/exactly.js';
import { taped } from './taped.js';
import { pulledByName } from './ruled.js';
import { resultsByName, seedsOf } from './trials.js';

type Arrays = Readonly<Record<string, NdArray>>;
type Tensors = Readonly<Record<string, Tensor>>;

/** The rule that a norm states for its backward pass, where that approximates or moves statistics. */
const ruleOf = ({ norm, given }: Tried, movesState: boolean): GradientFormula | undefined =>
  movesState || gradientKind(norm, given.options, given) === 'approximate'
    ? (norm.gradient?.formula as GradientFormula | undefined)
    : undefined;

/** The claims of a norm that states its formula: the values and gradients of `apply` are those of the formula. */
export function formulaClaims(norm: Norm): readonly Claim[] {
  const { formula } = descriptionOf(norm);
  return typeof formula === 'function'
    ? [onTheTape(formula as Formula), inExactArithmetic(formula as Formula)]
    : [];
}

const tensors = (arrays: Arrays): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(arrays).map(([name, value]) => [name, new Tensor(value)]));

const values = (all: Tensors): Arrays =>
  Object.fromEntries(Object.entries(all).map(([name, { value }]) => [name, copy(value)]));

/** The same from the formula, whose gradients the tape derives, or from a rule where that approximates them. */
function derived(
  formula: Formula,
  { norm, given, trial }: Tried,
  seeds: readonly NdArray[],
  rule: GradientFormula | undefined,
): Arrays {
  const { options, training } = given;
  const { mask, state } = trial;
  const x = new Tensor(trial.x);
  const weights = tensors(trial.linearize(trial.x).weights);
  const inputs = tensors(trial.inputs);
  const setting = { training, state: tensors(state), inputs, mask: mask && new Tensor(mask) };
  let results: Arrays = {};
  let moved: Tensors = {};
  const { pullback } = vjp(() => {
    const { outputs, state: after, parameters } = formula(taped, x, weights, options as never, setting);
    moved = { ...setting.state, ...(after as Tensors) };
    const named = Object.fromEntries(outputs.map((y, k) => [`output ${k}`, y]));
    // Statistics and weights that it does not mention stay.
    results = values({ ...named, ...moved, ...weights, ...(parameters as Tensors) });
    return outputs;
  });
  const gradients = pullback(seeds.map((seed) => new Tensor(seed)));
  const leaves = Object.entries({ ...weights, ...inputs });
  const named = { dx: x, ...Object.fromEntries(leaves.map(([name, leaf]) => [`d${name}`, leaf])) };
  const slopes = Object.fromEntries(Object.entries(named).map(([name, leaf]) => [name, gradients.of(leaf)!]));
  const dy = seeds.map((seed) => new Tensor(seed));
  const ruled =
    rule && pulledByName(rule(taped, x, weights, options as never, { ...setting, gradients: dy }));
  const isSlope = gradientKind(norm, options, given) !== 'approximate';
  return { ...results, ...values({ ...slopes, ...ruled, ...(isSlope ? slopes : {}) }) };
}

/** What the formula and the rule decide: all of it, except gradients that are approximated by a rule that is not stated. */
const comparable = <A>(
  { norm, given }: Tried,
  all: Readonly<Record<string, A>>,
  rule: GradientFormula | undefined,
): Readonly<Record<string, A>> =>
  gradientKind(norm, given.options, given) === 'approximate' && !rule
    ? Object.fromEntries(
        Object.entries(all).filter(([name]) => name.startsWith('output') || name in (norm.state ?? {})),
      )
    : all;

const most = (arrays: readonly NdArray[]): number =>
  Math.max(1, ...arrays.map((a) => distance(a, full([], 0, a.dtype))));

const onTheTape = (formula: Formula): Claim => ({
  name: 'formula',
  claim:
    'Outputs, statistics and all gradients equal those that the tape computes from the formula; approximate gradients equal their stated rule.',
  sort: 'smooth',
  dtypes: ['float64'],
  measure(tried) {
    const { norm, given, trial } = tried;
    if ((descriptionOf(norm).kinks?.(trial.x, given.options, trial) ?? 1) <= 1e-3) return undefined;
    const run = trial.linearize(trial.x);
    const seeds = seedsOf(trial, run);
    const actual = { ...trial.state, ...run.weights, ...resultsByName(run, seeds) };
    const rule = ruleOf(tried, run.backwardState !== undefined);
    const expected = comparable(tried, derived(formula, tried, seeds, rule), rule);
    const off = Object.entries(expected).map(([name, value]) => {
      const mine = actual[name];
      // Gradients may cancel to next to nothing: they are measured by the size of what cancels.
      const deviation = mine ? distance(mine, value) / most([value, ...seeds]) : Infinity;
      return { name, deviation };
    });
    const worst = off.reduce((a, b) => (b.deviation > a.deviation ? b : a));
    return { deviation: worst.deviation, bound: 1e-9, detail: `The worst is ${worst.name}.` };
  },
});

/** The largest count of numbers in an input that is computed in exact arithmetic, which is slow. */
const MOST = 24;

/** A ball counts half an ulp an operation; sums in another order, and fused steps, may take more. */
const ROOM = 8;

const inExactArithmetic = (formula: Formula): Claim => ({
  name: 'exact',
  claim:
    'Outputs and every gradient lie within the rounding errors of the formula, or of the rule for an approximate gradient, in exact arithmetic at every magnitude.',
  sort: 'extreme',
  measure(tried) {
    const { norm, given, trial } = tried;
    const { options, training } = given;
    const { x, mask, state, inputs } = trial;
    // At a corner there is no gradient to compare.
    if (sizeOf(x.shape) > MOST || descriptionOf(norm).kinks?.(x, options, trial) === 0) return undefined;
    const run = trial.linearize(x);
    const seeds = seedsOf(trial, run);
    const actual = resultsByName(run, seeds);
    const { weights } = run;
    const rule = ruleOf(tried, run.backwardState !== undefined);
    const question = { x, weights, inputs, options, training, state, mask, seeds, rule };
    const expected = comparable(tried, exactly(formula, question), rule);
    // x̂ is rounded to the dtype of x, where it may underflow; factors of x̂ multiply that error too.
    const { epsilon = 1 } = options as { readonly epsilon?: number };
    const factor = most(seeds) * most([...Object.values(weights), ...Object.values(inputs)]);
    const underflow = (2 ** 16 * SMALLEST[x.dtype] * factor) / Math.min(1, Math.sqrt(epsilon));
    let worst = { deviation: 0, detail: '' };
    for (const [name, { values: exact, errors }] of Object.entries(expected)) {
      const mine = flat(actual[name]!);
      exact.forEach((value, i) => {
        const bound = ROOM * errors[i]! + underflow;
        // The exact value exceeds the largest number: there is nothing to compare.
        if (Math.abs(value) + bound > LARGEST[x.dtype]) return;
        const deviation = Math.abs(mine[i]! - value) / bound;
        if (!(deviation <= worst.deviation))
          worst = { deviation, detail: `${name}[${i}] is ${mine[i]} where ${value} is exact, ± ${bound}.` };
      });
    }
    return { ...worst, bound: 1 };
  },
});
