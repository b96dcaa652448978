// The statistics of all steps so far, and what the gradients of later ones bring back to each.
//
// Steps lie in samples of `steps` each, one sample after the other; there is a number for each step in every list below.

/** The statistics of all steps up to each. */
interface SoFar {
  /** The numbers that count so far. */
  readonly count: Float64Array;
  readonly mean: Float64Array;
  /** N, or infinity if no number counts so far. */
  readonly length: Float64Array;
  /** How far the mean moved since the step before, and the N of that, both relative to N. */
  readonly moved: Float64Array;
  readonly before: Float64Array;
}

/** The statistics of the numbers of each step alone. */
interface Alone {
  readonly center: ArrayLike<number>;
  readonly deviation: ArrayLike<number>;
}

/** Beyond this, means are kept in small units, in which differences do not overflow. */
const FAR = 2 ** 1000;
const SMALL = 2 ** -64;

/** √(a² + b² + c²), without overflow. */
function hypotenuse(a: number, b: number, c: number): number {
  const most = Math.max(Math.abs(a), Math.abs(b), Math.abs(c));
  if (most === 0 || most === Infinity) return most;
  const [x, y, z] = [a / most, b / most, c / most];
  return most * Math.sqrt(x * x + y * y + z * z);
}

/**
 * Merges steps of n numbers each, one after the other: the mean and the deviation of all so far come from those before and
 * those of the step (Chan, Golub and LeVeque 1983), with lengths in the place of squares.
 */
export function merged(
  { center: centers, deviation: deviations }: Alone,
  steps: number,
  n: number,
  epsilon: number,
  mask: ArrayLike<number> | undefined,
): SoFar {
  const all = (): Float64Array => new Float64Array(centers.length);
  const soFar = { count: all(), mean: all(), length: all().fill(Infinity), moved: all(), before: all() };
  for (let from = 0; from < centers.length; from += steps) {
    let [count, mean, deviation, unit] = [0, 0, 0, 1];
    for (let i = from; i < from + steps; i++) {
      if (unit === 1 && Math.max(Math.abs(centers[i]!), deviations[i]!) > FAR) {
        unit = SMALL;
        mean *= SMALL;
        deviation *= SMALL;
      }
      const gap = count === 0 ? 0 : centers[i]! * unit - mean;
      let moved = 0;
      if (!mask || mask[i] === 1) {
        const more = count + n;
        moved = gap * (n / more);
        mean = count === 0 ? centers[i]! * unit : mean + moved;
        const [kept, own] = [Math.sqrt(count / more), Math.sqrt(n / more)];
        deviation = hypotenuse(deviation * kept, deviations[i]! * unit * own, gap * kept * own);
        count = more;
      }
      if (count === 0) continue;
      const length = hypotenuse(deviation, Math.sqrt(epsilon) * unit, 0);
      soFar.count[i] = count;
      soFar.mean[i] = mean / unit;
      // Not more than the largest number, which rounding alone may make of it.
      soFar.length[i] = Math.min(length / unit, Number.MAX_VALUE);
      soFar.moved[i] = moved / length;
      if (i > from) soFar.before[i] = soFar.length[i - 1]! / soFar.length[i]!;
    }
  }
  return soFar;
}

/** The parts along · x̂ + offset that statistics take from the gradient of each step. */
interface Taken {
  readonly along: Float64Array;
  readonly offset: Float64Array;
}

/**
 * The parts of the step's own statistics, in units of 1 / N, and those of all later ones. The gradient of x̂ is h, and with
 * the n numbers up to step t, Pₜ = Σ h / (N n) and Qₜ = Σ h x̂ / (N² n), sums over step t:
 *
 *     dx = h / N − Σ Pₜ − Σ Qₜ (x − x̄ₜ)   sums over t ≥ s
 *
 * With A = Σ Qₜ and B = Σ Qₜ (x̄ₜ − x̄ₛ), the last sum is A N x̂ − B. Both are summed from the last step on, and the center
 * of B moves with the step: a center for all steps would lose the digits of those that are near another mean. The own
 * part stands apart, since it cancels much of h.
 */
export function takenFrom(
  { count, length, moved, before }: SoFar,
  steps: number,
  { ofShift, ofLength }: { readonly ofShift: Float64Array; readonly ofLength: Float64Array },
  mask: ArrayLike<number> | undefined,
): { readonly own: Taken; readonly later: Taken } {
  const taken = (): Taken => ({
    along: new Float64Array(count.length),
    offset: new Float64Array(count.length),
  });
  const [own, later] = [taken(), taken()];
  for (let from = 0; from < count.length; from += steps) {
    let [along, shifted, pushed] = [0, 0, 0];
    for (let i = from + steps - 1; i >= from && count[i]! > 0; i--) {
      if (i < from + steps - 1) {
        shifted += along * moved[i + 1]!;
        along *= before[i + 1]!;
      }
      const [P, Q] = [ofShift[i]! / count[i]!, ofLength[i]! / count[i]!];
      // A step that does not count moved no statistic.
      if (!mask || mask[i] === 1) {
        own.along[i] = Q;
        own.offset[i] = P;
        later.along[i] = along;
        later.offset[i] = pushed - shifted;
      }
      pushed += P / length[i]!;
      along += Q / length[i]!;
    }
  }
  return { own, later };
}
