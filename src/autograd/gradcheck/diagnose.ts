import { type NdArray, flat, fromFlat, sizeOf } from '../../array/index.js';
import { type Evaluate, largest, scales, slopeAlong } from './measure.js';

/** A pullback that is known to be wrong, with the function, its inputs and the gradients that it claims. */
interface Suspect {
  readonly run: Evaluate;
  readonly inputs: readonly NdArray[];
  /** The seed, and the gradients that were pulled back from it. */
  readonly g: readonly NdArray[];
  readonly claimed: readonly NdArray[];
  readonly step: number;
  readonly tolerance: number;
}

/** The largest count of numbers of one input that are measured for a diagnosis. */
const MOST = 512;

/** The largest relative deviation from a pattern that still counts as the pattern. */
const CLOSE = 1e-5;

/** The likely mistake of each gradient, in words: a factor, a sum, a term along the input, some rows. */
export function diagnose({ run, inputs, g, claimed, step, tolerance }: Suspect): string[] {
  const weights = g.flatMap((x) => [...flat(x)]);
  return inputs.flatMap((x, k) => {
    if (sizeOf(x.shape) > MOST) return [`Input ${k} is too large to say more of it: try a smaller one.`];
    const lengths = scales(x);
    const measured = Float64Array.from(lengths, (length, i) => {
      const direction = inputs.map((other, at) => {
        const move = new Float64Array(sizeOf(other.shape));
        if (at === k) move[i] = length;
        return fromFlat(move, other.shape);
      });
      const { value, kink } = slopeAlong(run, inputs, direction, step, tolerance / 10);
      return kink ? NaN : weights.reduce((sum, w, o) => sum + w * value[o]!, 0) / length;
    });
    const claim = Float64Array.from(flat(claimed[k]!));
    // A slope that jumps cannot be compared with the claim.
    measured.forEach((slope, i) => (measured[i] = Number.isNaN(slope) ? claim[i]! : slope));
    const difference = claim.map((c, i) => c - measured[i]!);
    if (largest(difference) <= 10 * tolerance * largest(measured)) return [];
    const at = `The gradient of input ${k}`;
    const reason = explain(x, Float64Array.from(flat(x)), claim, measured, difference);
    return [`${at} ${reason}${reason.endsWith('?') ? '' : '.'}`];
  });
}

function explain(
  { shape }: NdArray,
  x: Float64Array,
  claim: Float64Array,
  measured: Float64Array,
  difference: Float64Array,
): string {
  if (!claim.every(Number.isFinite)) return 'is not finite';
  if (largest(claim) === 0) return 'is 0 everywhere: nothing is pulled back to it';
  const factor = fit(claim, measured);
  if (isMultiple(claim, measured, factor))
    return `is off by a factor of ${round(factor, round(factor) === 1 ? 8 : 4)}${meaning(factor, shape)}`;

  const rows = groupsOf(shape, x.length);
  const wrong = wrongOf(rows, difference, measured);
  if (wrong.length === 0) return UNKNOWN;
  const pattern =
    patternIn('row', rows, x, claim, measured, difference) ??
    patternIn('column', transposed(rows), x, claim, measured, difference);
  if (pattern) return pattern;
  if (wrong.length < rows.length)
    return `is wrong in ${wrong.length} of ${rows.length} rows and right in the others: are rows mixed up, or only one of them summed?`;
  return UNKNOWN;
}

const UNKNOWN = 'is wrong in no pattern that is known here';

/** Groups of positions over which a norm may share a statistic. */
type Groups = readonly (readonly number[])[];

/** The mistake that explains every wrong group in the same way; undefined if no known mistake does. */
function patternIn(
  word: 'row' | 'column',
  groups: Groups,
  x: Float64Array,
  claim: Float64Array,
  measured: Float64Array,
  difference: Float64Array,
): string | undefined {
  const wrong = wrongOf(groups, difference, measured);
  const where = wrong.length < groups.length ? ` in ${wrong.length} of ${groups.length} ${word}s` : '';
  const parts = (values: Float64Array) => wrong.map((group) => Float64Array.from(group, (i) => values[i]!));
  const [xs, ds] = [parts(x), parts(difference)];
  if (ds.every(isConstant)) {
    const sums = [claim, measured].map((values) => round(sumOf(parts(values)[0]!)));
    return `is off by the same number all along a ${word}${where}: its sum over the ${word} is ${sums[0]}, not ${sums[1]}; was a mean not taken off?`;
  }
  // Any number is a multiple of one number, and any two are a slope times two others plus a constant: so rows must be longer.
  const along = (least: number, rest: (d: Float64Array, row: Float64Array) => Float64Array) =>
    ds.every((d, k) => d.length >= least && largest(rest(d, xs[k]!)) <= CLOSE * largest(d));
  const less = (d: Float64Array, base: Float64Array): Float64Array => {
    const factor = fit(d, base);
    return d.map((value, i) => value - factor * base[i]!);
  };
  if (along(2, less))
    return `is off along the input itself${where}: is a projection missing, or scaled wrongly?`;
  if (along(2, (d, row) => less(d, centered(row)))) {
    return `is off along the input less its mean${where}: is a projection missing, or scaled wrongly?`;
  }
  if (along(3, (d, row) => less(centered(d), centered(row)))) {
    return `is off by a number and along the input, both in every ${word}${where}: are the mean and the deviation both taken for constants?`;
  }
  return undefined;
}

/** The groups in which a gradient is wrong. */
const wrongOf = (groups: Groups, difference: Float64Array, measured: Float64Array): Groups =>
  groups.filter((group) => group.some((i) => Math.abs(difference[i]!) > CLOSE * largest(measured)));

/** The likely reason for a factor: a sign, or the count of the numbers that were summed or averaged. */
function meaning(factor: number, shape: readonly number[]): string {
  if (Math.abs(factor + 1) < CLOSE) return ': is a sign turned around?';
  const width = shape.at(-1) ?? 1;
  const total = sizeOf(shape);
  const sizes = {
    'the size of a row': width,
    'the count of rows': total / width,
    'the count of numbers': total,
  };
  for (const [what, n] of Object.entries(sizes)) {
    if (n < 2) continue;
    if (Math.abs(factor / n - 1) < CLOSE) return `, ${what}: is a sum taken where a mean belongs?`;
    if (Math.abs(factor * n - 1) < CLOSE) return `, 1 over ${what}: is a mean taken where a sum belongs?`;
  }
  return '';
}

/** The positions of each row along the last axis. */
const groupsOf = (shape: readonly number[], size: number): Groups => {
  const width = shape.at(-1) ?? 1;
  return Array.from({ length: size / width }, (_, row) =>
    Array.from({ length: width }, (__, i) => row * width + i),
  );
};

/** The columns of these rows, over which a norm over the batch shares its statistics. */
const transposed = (rows: Groups): Groups => rows[0]!.map((_, i) => rows.map((row) => row[i]!));

/** The factor that brings b nearest to a; NaN if b is 0. */
function fit(a: Float64Array, b: Float64Array): number {
  let [above, below] = [0, 0];
  a.forEach((x, i) => {
    above += x * b[i]!;
    below += b[i]! * b[i]!;
  });
  return above / below;
}

const isMultiple = (a: Float64Array, b: Float64Array, factor: number): boolean =>
  largest(a.map((x, i) => x - factor * b[i]!)) <= CLOSE * largest(a);

const isConstant = (row: Float64Array): boolean =>
  row.length > 1 && largest(row.map((x) => x - row[0]!)) <= CLOSE * largest(row);

/** The sum of numbers that are known to a tolerance; 0 if it is below that. */
function sumOf(row: Float64Array): number {
  const sum = row.reduce((a, b) => a + b, 0);
  const size = row.reduce((a, b) => a + Math.abs(b), 0);
  return Math.abs(sum) <= CLOSE * size ? 0 : sum;
}

function centered(row: Float64Array): Float64Array {
  const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
  return row.map((x) => x - mean);
}

const round = (x: number, digits = 4): number => Number(x.toPrecision(digits));
