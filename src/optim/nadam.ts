import type { NdArray } from '../array/index.js';
import { type Stepped, nadamStep } from '../array/optimizer.js';
import { number } from '../option/index.js';
import { Optimizer, type OptimizerOptions, type ParameterStep } from './optimizer.js';
import { beta, convention, decayOf, rate, stabilizer, weightDecay } from './settings.js';

const settings = (learningRate: number, epsilon: number, momentumDecay: number) => ({
  learningRate: rate(learningRate),
  beta1: beta(0.9, 'the gradient'),
  beta2: beta(0.999, 'its square'),
  epsilon: stabilizer(epsilon),
  momentumDecay: number(
    momentumDecay,
    'How fast the momentum of step t, β₁ (1 − 0.96^(t · this) / 2), grows.',
    {
      min: 0,
      explore: [0, 1],
    },
  ),
  weightDecay: weightDecay(0),
  convention,
});

const KERAS = settings(1e-3, 1e-7, 1);
const PYTORCH = settings(2e-3, 1e-8, 4e-3);

type Specs = typeof KERAS;

/** The options of `NAdam`; each has a default. */
export type NAdamOptions = OptimizerOptions<Specs>;

/**
 * Adam that looks ahead along its momentum: w ← w − η (μₜ₊₁ m / (1 − μ₁…μₜ₊₁) + (1 − μₜ) g / (1 − μ₁…μₜ)) / (√v̂ + ε),
 * where μₜ = β₁ (1 − 0.96^(tψ) / 2) (Dozat 2016). ψ is 1 in Keras and 0.004 in PyTorch, which adds weight decay to the
 * gradient instead of subtracting it from the weight.
 *
 * @throws NormtapeError if an option is wrong.
 */
export class NAdam extends Optimizer<Specs> {
  readonly #products = new Map<string, number[]>();

  constructor(given: NAdamOptions = {}) {
    super('NAdam', { keras: KERAS, pytorch: PYTORCH }, given);
  }

  protected override memory(): readonly string[] {
    return ['mean', 'square'];
  }

  protected override update(
    value: NdArray,
    gradient: NdArray,
    memory: readonly NdArray[],
    { steps, rate, options }: ParameterStep<Specs>,
  ): Stepped {
    const { beta1, beta2, epsilon, momentumDecay, convention } = options;
    const momentum = (step: number): number => beta1 * (1 - 0.5 * 0.96 ** (step * momentumDecay));
    const product = this.#productTo(steps, `${beta1} ${momentumDecay}`, momentum);
    const [now, ahead] = [momentum(steps), momentum(steps + 1)];
    return nadamStep(value, gradient, memory, {
      beta1,
      beta2,
      meanRate: (rate * ahead) / (1 - product * ahead),
      gradientRate: (rate * (1 - now)) / (1 - product),
      rootCorrection: Math.sqrt(1 - beta2 ** steps),
      epsilon,
      ...decayOf(rate, options, convention === 'keras'),
    });
  }

  /** The product μ₁ … μₜ, cached; once 1 minus it rounds to 1, further factors change nothing. */
  #productTo(step: number, key: string, momentum: (step: number) => number): number {
    const known = this.#products.get(key) ?? [1];
    this.#products.set(key, known);
    while (known.length <= step && known.at(-1)! > 2 ** -60) {
      known.push(known.at(-1)! * momentum(known.length));
    }
    return known[Math.min(step, known.length - 1)]!;
  }
}
