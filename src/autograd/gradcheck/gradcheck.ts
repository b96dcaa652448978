import { type NdArray, Random, flat, fromFlat, full, map, scale, sizeOf } from '../../array/index.js';
import { demand, demandFunction } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { number, resolve, seed } from '../../option/index.js';
import { Tensor, areTensors } from '../tape.js';
import { type Outputs, vjp } from '../vjp.js';
import { diagnose } from './diagnose.js';
import { type Direction, type Slope, evaluate, scales, slopeAlong } from './measure.js';

/** The options of `gradcheck`; each has a default. */
export interface GradcheckOptions {
  /** Draws the seeds and the directions. */
  readonly seed?: number;
  /** How far a gradient may be off, relative to the largest in its row; 1e-8 when left out. */
  readonly tolerance?: number;
  /** The first step, relative to the scale of a row; 2⁻⁸ when left out, which is near 3e-3 of a deviation. */
  readonly step?: number;
}

/** One number of a gradient: the claim of the pullback, and what differences say. */
export interface GradcheckEntry {
  /** The position of the input, and of the number in it; no index where a whole direction was tried. */
  readonly input: number;
  readonly index: readonly number[];
  readonly claimed: number;
  readonly measured: number;
  /** How far off the measurement may be. */
  readonly error: number;
}

/** The result of `gradcheck`. */
export interface GradcheckReport {
  readonly ok: boolean;
  /** The largest difference between claim and measurement, relative to the largest gradient in its row. */
  readonly deviation: number;
  readonly worst: GradcheckEntry | undefined;
  /** How many numbers, or directions, were compared. */
  readonly checked: number;
  /** Where the slope jumps, so that there was nothing to compare with. */
  readonly skipped: readonly Pick<GradcheckEntry, 'input' | 'index'>[];
  /** How much was compared: the whole Jacobian, one gradient, or a few projections of it, which can miss single numbers. */
  readonly coverage: string;
  /** What is wrong, in words. */
  readonly findings: readonly string[];
}

const OPTIONS = {
  seed: seed('Draws the seeds and the directions.'),
  tolerance: number(1e-8, 'How far a gradient may be off.', { above: 0, explore: [1e-8, 1] }),
  step: number(2 ** -8, 'The first step, relative to the scale of a row.', {
    above: 0,
    explore: [2 ** -8, 1],
  }),
};

type Function = (...inputs: Tensor[]) => Outputs;

/** Up to so many inputs each is moved alone; up to so many outputs each is pulled back alone. */
const ENTRIES = 32;
const OUTPUTS = 24;
/** How many random directions stand for inputs that are too many. */
const DIRECTIONS = 3;

/**
 * Holds the pullback of f against differences of f, in float64: the whole Jacobian where it is small, else the
 * gradient of ⟨g, f⟩ for a random g, else that along random directions. It also pulls back twice, which must give the
 * same bits, and from seeds of 0, of 2g and of −g. Inputs that are parameters may be read by f from where they lie, as
 * the weights of a layer are. Throws where inputs are not float64.
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
  const directions = size <= ENTRIES ? singly(arrays) : randomly(arrays, random);
  const count = outputs.reduce((total, shape) => total + sizeOf(shape), 0);
  const seeds = size <= ENTRIES && count <= OUTPUTS ? each(outputs) : [g];
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

/** Throws where gradcheck finds something, and says what is wrong. */
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

/** What every pullback owes, whatever its function. */
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

interface Probe {
  readonly input: number;
  readonly index: readonly number[];
  /** The elements of the input that are compared by one measure, as the row they lie in. */
  readonly row: number;
  readonly direction: Direction;
}

/** Each element of each input alone, by the scale of its row. */
const singly = (inputs: readonly NdArray[]): Probe[] =>
  inputs.flatMap((x, input) => {
    const width = x.shape.at(-1) ?? 1;
    return Array.from(scales(x), (length, i) => ({
      input,
      index: indexOf(i, x.shape),
      row: Math.floor(i / width),
      direction: inputs.map((other, k) => {
        const move = new Float64Array(sizeOf(other.shape));
        if (k === input) move[i] = length;
        return fromFlat(move, other.shape);
      }),
    }));
  });

/** All elements of one input at once, each by a random share of the scale of its row. */
const randomly = (inputs: readonly NdArray[], random: Random): Probe[] =>
  inputs.flatMap((x, input) =>
    Array.from({ length: DIRECTIONS }, (_, row) => ({
      input,
      index: [],
      row,
      direction: inputs.map((other, k) =>
        fromFlat(
          scales(other).map((length) => (k === input ? length * random.normal() : 0)),
          other.shape,
        ),
      ),
    })),
  );

/** One seed for each number of the outputs: 1 there, 0 elsewhere. */
const each = (shapes: readonly (readonly number[])[]): NdArray[][] =>
  shapes.flatMap((shape, output) =>
    Array.from({ length: sizeOf(shape) }, (_, i) =>
      shapes.map((other, k) => {
        const data = new Float64Array(sizeOf(other));
        if (k === output) data[i] = 1;
        return fromFlat(data, other);
      }),
    ),
  );

function compare(
  seeds: readonly (readonly NdArray[])[],
  claims: readonly (readonly NdArray[])[],
  probes: readonly Probe[],
  slopes: readonly Slope[],
  tolerance: number,
) {
  let deviation = 0;
  let worst: GradcheckEntry | undefined;
  let checked = 0;
  seeds.forEach((seed, s) => {
    const weights = Float64Array.from(seed.flatMap((g) => [...flat(g)]));
    const entries = probes.flatMap(({ input, index, row, direction }, d) => {
      const { value, error, kink } = slopes[d]!;
      if (kink) return [];
      // Along a direction of its own, an element moves by its scale: both sides are taken per scale.
      return {
        input,
        index,
        row,
        claimed: inner(flat(claims[s]![input]!), flat(direction[input]!)),
        measured: inner(weights, value),
        error: inner(weights.map(Math.abs), error),
      };
    });
    const highest = new Map<string, number>();
    const key = ({ input, row }: { input: number; row: number }) => `${input}:${row}`;
    for (const entry of entries) {
      highest.set(key(entry), Math.max(highest.get(key(entry)) ?? 0, Math.abs(entry.measured)));
    }
    for (const { row, ...entry } of entries) {
      checked += 1;
      const difference = Math.abs(entry.claimed - entry.measured);
      const allowed = highest.get(key({ input: entry.input, row }))! + (10 * entry.error) / tolerance;
      const relative = difference === 0 ? 0 : difference / allowed;
      if (relative > deviation || !Number.isFinite(relative)) {
        deviation = Number.isNaN(relative) ? Infinity : Math.max(deviation, relative);
        worst = entry;
      }
    }
  });
  return { deviation, worst, checked };
}

const inner = (a: Iterable<number>, b: ArrayLike<number>): number => {
  let total = 0;
  let i = 0;
  for (const x of a) {
    const y = b[i++]!;
    if (x !== 0 && y !== 0) total += x * y;
  }
  return total;
};

function indexOf(position: number, shape: readonly number[]): number[] {
  let rest = position;
  return [...shape]
    .reverse()
    .map((n) => {
      const i = rest % n;
      rest = (rest - i) / n;
      return i;
    })
    .reverse();
}

const list = (value: Outputs): readonly Tensor[] => (value instanceof Tensor ? [value] : value);
