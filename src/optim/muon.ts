import { type NdArray, add, contiguous, reshape, scale, sub } from '../array/index.js';
import { type Stepped, adamStep } from '../array/optimizer.js';
import type { Parameter } from '../autograd/parameter.js';
import { flag, number, plain } from '../option/index.js';
import { Optimizer, type OptimizerOptions, type ParameterStep } from './optimizer.js';
import { beta, decayOf, momentum, rate, stabilizer, weightDecay } from './settings.js';
import { orthogonalize } from './orthogonalize.js';
import type { Selection } from './selection.js';

const OPTIONS = {
  learningRate: rate(0.02),
  momentum: momentum(0.95),
  nesterov: flag(true, 'Whether to look ahead along the move.'),
  iterations: number(5, 'How many steps of Newton and Schulz make a move orthogonal.', {
    min: 1,
    whole: true,
    explore: [1, 10],
  }),
  weightDecay: weightDecay(0),
  adamRate: number(0.015, 'What the rate is multiplied by where Adam moves the weights.', {
    min: 0,
    explore: [0.001, 1],
  }),
  beta1: beta(0.9, 'the gradient', 'for Adam'),
  beta2: beta(0.95, 'its square', 'for Adam'),
  epsilon: stabilizer(1e-10, 1e-10, 'for Adam'),
};

/** The options of `Muon`; each has a default. */
export type MuonOptions = OptimizerOptions<typeof OPTIONS> & {
  /** Matrices that Adam updates instead: embeddings, and the weights of the last layer. */
  readonly exclude?: Selection | undefined;
};

/**
 * v ← μ v + g, and w ← w − η √max(1, n / m) O(g + μ v) for a matrix [m, n], inputs by outputs, where O brings all
 * singular values near 1 (Jordan 2024). Of an array of more axes, the last are the columns of a matrix and all before
 * its rows. Parameters of fewer than two axes, and excluded ones, are updated as by AdamW. Throws if an option is wrong.
 */
export class Muon extends Optimizer<typeof OPTIONS> {
  readonly #isExcluded: (parameter: Parameter) => boolean;

  constructor(options: MuonOptions = {}) {
    const { exclude = [], ...given } = plain('Muon', options);
    super('Muon', { keras: OPTIONS, pytorch: OPTIONS }, given);
    this.#isExcluded = this.selecting('Muon.exclude', exclude);
  }

  protected override memory(parameter: Parameter): readonly string[] {
    return this.#isMatrix(parameter) ? ['velocity'] : ['mean', 'square'];
  }

  protected override update(
    value: NdArray,
    gradient: NdArray,
    memory: readonly NdArray[],
    step: ParameterStep<typeof OPTIONS>,
  ): Stepped {
    if (!this.#isMatrix(step.parameter)) return this.#adam(value, gradient, memory, step);
    const { momentum, nesterov, iterations } = step.options;
    const velocity = add(scale(memory[0]!, momentum), gradient);
    // Only its direction matters; half of the sum does not overflow.
    const push = nesterov ? add(scale(gradient, 0.5), scale(velocity, momentum / 2)) : velocity;
    const columns = value.shape.at(-1)!;
    const rows = value.shape.slice(0, -1).reduce((size, n) => size * n, 1);
    const move = orthogonalize(reshape(push, [rows, columns]), iterations);
    const stride = step.rate * Math.sqrt(Math.max(1, columns / rows));
    const { keep } = decayOf(step.rate, step.options, true);
    const next = sub(scale(value, keep), reshape(scale(contiguous(move), stride), value.shape));
    return { value: next, memory: [velocity] };
  }

  #adam(
    value: NdArray,
    gradient: NdArray,
    memory: readonly NdArray[],
    { steps, rate, options }: ParameterStep<typeof OPTIONS>,
  ): Stepped {
    const { beta1, beta2, epsilon, adamRate } = options;
    const correction = Math.sqrt(1 - beta2 ** steps);
    return adamStep(value, gradient, memory, {
      beta1,
      beta2,
      rate: (rate * adamRate * correction) / (1 - beta1 ** steps),
      epsilon: epsilon * correction,
      ...decayOf(rate * adamRate, options, true),
    });
  }

  #isMatrix(parameter: Parameter): boolean {
    return parameter.shape.length >= 2 && !this.#isExcluded(parameter);
  }
}
