import { type NdArray, add, dot, Random, draw, scale } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { Tensor } from './tape.js';
import { type Outputs, vjp } from './vjp.js';

export interface GradcheckOptions {
  /** Draws the direction and the weights of the outputs. */
  readonly seed?: number;
  /** How far to go from the inputs: small beside their size, large beside their rounding. */
  readonly step?: number;
}

/**
 * Compares ⟨pullback(g), v⟩ with the slope of ⟨g, f⟩ along v, for a random g and v, and returns the difference
 * relative to the slope, or to 1 where that is smaller. Five evaluations serve inputs of any size.
 */
export function gradcheck(
  f: (...inputs: Tensor[]) => Outputs,
  inputs: readonly Tensor[],
  { seed = 0, step = 1e-3 }: GradcheckOptions = {},
): number {
  if (inputs.some(({ dtype }) => dtype !== 'float64')) {
    const received = inputs.map(({ dtype }) => dtype);
    throw new NormtapeError({ where: 'gradcheck', expected: 'inputs of float64', received });
  }
  const random = new Random(seed);
  const like = ({ shape }: Tensor): NdArray => draw(shape, () => random.normal(), 'float64');
  const { value, pullback } = vjp(() => list(f(...inputs)));
  const weights = value.map(like);
  const directions = inputs.map(like);

  const at = (h: number): number => {
    const moved = inputs.map((x, i) => new Tensor(add(x.value, scale(directions[i]!, h))));
    return total(list(f(...moved)).map((y, i) => dot(y.value, weights[i]!)));
  };
  const slope = (h: number): number => (at(h) - at(-h)) / (2 * h);
  const measured = (4 * slope(step / 2) - slope(step)) / 3; // Richardson: the h² error cancels

  const gradients = pullback(weights.map((weight) => new Tensor(weight)));
  const claimed = total(
    inputs.map((x, i) => dot(gradients.of(x)?.value ?? scale(directions[i]!, 0), directions[i]!)),
  );
  return Math.abs(claimed - measured) / Math.max(1, Math.abs(claimed), Math.abs(measured));
}

const list = (value: Outputs): readonly Tensor[] => (value instanceof Tensor ? [value] : value);
const total = (terms: readonly number[]): number => terms.reduce((sum, term) => sum + term, 0);
