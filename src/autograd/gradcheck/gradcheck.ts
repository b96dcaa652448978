import { type NdArray, Random, flat, full, map, scale, sizeOf } from '../../array/index.js';
import { demand, demandFunction } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { number, resolve, seed } from '../../option/index.js';
import { Tensor, areTensors } from '../tape.js';
import { type Outputs, vjp } from '../vjp.js';
import { type GradcheckEntry, compare } from './compare.js';
import { diagnose } from './diagnose.js';
import { evaluate, slopeAlong } from './measure.js';
import { DIRECTIONS, elementProbes, elementSeeds, randomProbes } from './probes.js';

/** The options of `gradcheck`. */
export interface GradcheckOptions {
  /** The seed of the random gradients and directions. */
  readonly seed?: number;
  /** The largest deviation of a gradient, relative to the largest in its row. Default: 1e-8. */
  readonly tolerance?: number;
  /** The first step, relative to the scale of a row. Default: 2⁻⁸. */
  readonly step?: number;
}

/** The result of `gradcheck`. */
export interface GradcheckReport {
  readonly ok: boolean;
  /** The largest difference between claim and measurement, relative to the largest gradient in its row. */
  readonly deviation: number;
  readonly worst: GradcheckEntry | undefined;
  /** The count of the numbers, or directions, that were compared. */
  readonly checked: number;
  /** The numbers at which the slope jumps, so that nothing could be compared. */
  readonly skipped: readonly Pick<GradcheckEntry, 'input' | 'index'>[];
  /** The part that was compared: the whole Jacobian, one gradient, or a few projections of it, which can miss single numbers. */
  readonly coverage: string;
  /** The mistakes found, in words. */
  readonly findings: readonly string[];
}

const OPTIONS = {
  seed: seed('The seed of the random gradients and directions.'),
  tolerance: number(1e-8, 'The largest deviation of a gradient.', { above: 0, explore: [1e-8, 1] }),
  step: number(2 ** -8, 'The first step, relative to the scale of a row.', {
    above: 0,
    explore: [2 ** -8, 1],
  }),
};

type Function = (...inputs: Tensor[]) => Outputs;

/** The largest count of inputs that are moved one by one, and of outputs that are pulled back one by one. */
const ENTRIES = 32;
const OUTPUTS = 24;

/**
 * Compares the pullback (backward pass) of f with finite differences in float64: the whole Jacobian if it is small,
 * otherwise the gradient of ⟨g, f⟩ for a random g, or that gradient along random directions. It also checks that the
 * pullback is linear, and that a second call gives the same bits. An input may be a parameter that f reads itself, such
 * as the weight of a layer.
 *
 * @throws NormtapeError if an input is not float64.
 */
export function gradcheck(
  f: Function,
  inputs: readonly Tensor[],
  given: GradcheckOptions = {},
): GradcheckReport {
  const where = 'gradcheck';
  const { seed = 0, tolerance, step } = resolve(where, OPTIONS, given);
  demandFunction(where, f);
  demand(where, 'a list of tensors', areTensors, inputs);
  if (inputs.some(({ dtype }) => dtype !== 'float64')) {
    const received = inputs.map(({ dtype }) => dtype);
    throw new NormtapeError({ where: 'gradcheck', expected: 'inputs of float64', received });
  }
  const random = new Random(seed);
  const { value, pullback } = vjp(() => list(f(...inputs)));
  const outputs = value.map(({ shape }) => shape);
  const pulled = (seeds: readonly NdArray[]): readonly NdArray[] => {
    const gradients = pullback(seeds.map((g) => new Tensor(g)));
    return inputs.map((x) => gradients.of(x)?.value ?? full(x.shape, 0, 'float64'));
  };
  const normal = (shape: readonly number[]): NdArray => full(shape, 0, 'float64');
  const g = outputs.map((shape) => map(normal(shape), () => random.normal()));
  const findings = laws(pulled, g);

  const arrays = inputs.map((x) => x.value);
  const size = arrays.reduce((total, x) => total + sizeOf(x.shape), 0);
  const directions = size <= ENTRIES ? elementProbes(arrays) : randomProbes(arrays, random);
  const count = outputs.reduce((total, shape) => total + sizeOf(shape), 0);
  const seeds = size <= ENTRIES && count <= OUTPUTS ? elementSeeds(outputs) : [g];
  const coverage =
    size > ENTRIES
      ? `${size} inputs are more than ${ENTRIES}, so each gradient is projected onto ${DIRECTIONS} random directions; an error in a few numbers shows less than in a smaller case`
      : seeds.length === 1 && count > 1
        ? `${count} outputs are more than ${OUTPUTS}, so one gradient of a random sum of them is compared`
        : 'the whole Jacobian is compared';

  const run = evaluate(f, inputs);
  const slopes = directions.map(({ direction }) => slopeAlong(run, arrays, direction, step, tolerance / 10));
  const compared = compare(seeds, seeds.map(pulled), directions, slopes, tolerance);
  const skipped = directions.filter((_, d) => slopes[d]!.kink).map(({ input, index }) => ({ input, index }));
  const wrong = compared.deviation > tolerance;
  if (compared.checked === 0 && size > 0)
    findings.push('Nothing could be compared: every slope jumps right here.');
  if (wrong) findings.push(...diagnose({ run, inputs: arrays, g, claimed: pulled(g), step, tolerance }));
  return { ok: !wrong && findings.length === 0, ...compared, skipped, coverage, findings };
}

/** Throws if `gradcheck` finds a mistake; the error says which. */
export function assertGradients(f: Function, inputs: readonly Tensor[], options?: GradcheckOptions): void {
  const { ok, worst, findings, deviation } = gradcheck(f, inputs, options);
  if (ok) return;
  const at = worst && `input ${worst.input}${worst.index.length ? ` at ${JSON.stringify(worst.index)}` : ''}`;
  throw new NormtapeError({
    where: 'assertGradients',
    expected: worst ? `the gradient ${worst.measured} of ${at}` : 'a pullback that is linear and repeatable',
    received: worst ? worst.claimed : deviation,
    hint: findings.join(' '),
  });
}

/** The laws of every pullback: finite, repeatable and linear. Returns those that are broken, in words. */
function laws(pulled: (seeds: readonly NdArray[]) => readonly NdArray[], g: readonly NdArray[]): string[] {
  const of = (seeds: readonly NdArray[]): number[] => pulled(seeds).flatMap((x) => [...flat(x)]);
  const first = of(g);
  const same = (a: readonly number[], b: readonly number[]) =>
    a.every((x, i) => Object.is(x, b[i]) || x === b[i]);
  const findings: string[] = [];
  if (!first.every(Number.isFinite)) findings.push('The gradient is not finite.');
  if (!same(of(g), first)) findings.push('Pulling back again gave other bits.');
  if (!of(g.map((x) => scale(x, 0))).every((x) => x === 0)) {
    findings.push('A seed of 0 did not give 0: something is added that does not depend on the seed.');
  }
  for (const factor of [2, -1]) {
    const scaled = of(g.map((x) => scale(x, factor)));
    if (
      !same(
        scaled,
        first.map((x) => factor * x),
      )
    ) {
      findings.push(
        `A seed ${factor} times as large did not give ${factor} times the gradient: it is not linear.`,
      );
      break;
    }
  }
  return findings;
}

const list = (value: Outputs): readonly Tensor[] => (value instanceof Tensor ? [value] : value);
