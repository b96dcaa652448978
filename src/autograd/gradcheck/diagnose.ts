import { type NdArray, flat, fromFlat, sizeOf } from '../../array/index.js';
import { type Evaluate, largest, scales, slopeAlong } from './measure.js';

/** A pullback that is known to be wrong, with all there is to look for the reason. */
export interface Suspect {
  readonly run: Evaluate;
  readonly inputs: readonly NdArray[];
  /** The seed, and what was pulled back from it. */
  readonly g: readonly NdArray[];
  readonly claimed: readonly NdArray[];
  readonly step: number;
  readonly tolerance: number;
}

/** The most numbers of one input that are measured for a diagnosis. */
const MOST = 512;

/** How far off a pattern may be and still be the pattern. */
const CLOSE = 1e-5;

/** What is wrong with each gradient, in words: a factor, a sum, a term along the input, some rows. */
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
    // Where the slope jumps there is nothing to hold against the claim.
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

  const rows = rowsOf(shape, x.length);
  const wrong = rows.filter(
    ([from, to]) => largest(difference.subarray(from, to)) > CLOSE * largest(measured),
  );
  const where = wrong.length < rows.length ? ` in ${wrong.length} of ${rows.length} rows` : '';
  if (wrong.every(([from, to]) => isConstant(difference.subarray(from, to)))) {
    const [from, to] = wrong[0]!;
    const sums = [claim, measured].map((values) =>
      round(values.subarray(from, to).reduce((a, b) => a + b, 0)),
    );
    return `is off by the same number all along a row${where}: its sum over the row is ${sums[0]}, not ${sums[1]}; was a mean not taken off?`;
  }
  const along = (base: (row: Float64Array) => Float64Array) =>
    wrong.every(([from, to]) => {
      const [d, b] = [difference.subarray(from, to), base(x.subarray(from, to))];
      return d.length > 1 && isMultiple(d, b, fit(d, b)); // One number is a multiple of any other.
    });
  if (along((row) => row))
    return `is off along the input itself${where}: is a projection missing, or scaled wrongly?`;
  if (along(centered)) {
    return `is off along the input less its mean${where}: is a projection missing, or scaled wrongly?`;
  }
  if (where)
    return `is wrong${where} and right in the others: are rows mixed up, or only one of them summed?`;
  return 'is wrong in no pattern that is known here';
}

/** What a factor may come from: a sign, or the size of something that was summed or averaged. */
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

const rowsOf = (shape: readonly number[], size: number): [number, number][] => {
  const width = shape.at(-1) ?? 1;
  return Array.from({ length: size / width }, (_, row) => [row * width, (row + 1) * width]);
};

/** The factor that brings b nearest to a. */
function fit(a: Float64Array, b: Float64Array): number {
  let [above, below] = [0, 0];
  a.forEach((x, i) => {
    above += x * b[i]!;
    below += b[i]! * b[i]!;
  });
  return below === 0 ? NaN : above / below;
}

const isMultiple = (a: Float64Array, b: Float64Array, factor: number): boolean =>
  largest(a.map((x, i) => x - factor * b[i]!)) <= CLOSE * largest(a);

const isConstant = (row: Float64Array): boolean =>
  row.length > 1 && largest(row.map((x) => x - row[0]!)) <= CLOSE * largest(row);

function centered(row: Float64Array): Float64Array {
  const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
  return row.map((x) => x - mean);
}

const round = (x: number, digits = 4): number => Number(x.toPrecision(digits));
