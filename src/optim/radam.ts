import { type NdArray, scale, sub } from '../array/index.js';
import { type Stepped, adamStep } from '../array/optimizer.js';
import { Optimizer, type OptimizerOptions, type ParameterStep } from './optimizer.js';
import { beta, convention, decayOf, rate, stabilizer, weightDecay } from './settings.js';

const settings = (epsilon: number) => ({
  learningRate: rate(1e-3),
  beta1: beta(0.9, 'the gradient'),
  beta2: beta(0.999, 'its square'),
  epsilon: stabilizer(epsilon),
  weightDecay: weightDecay(0),
  convention,
});

const KERAS = settings(1e-7);
const PYTORCH = settings(1e-8);

type Specs = typeof KERAS;

/** The options of `RAdam`; each has a default. */
export type RAdamOptions = OptimizerOptions<Specs>;

/** Up to this length of the mean of squares, its variance counts as unknown. */
const SHORT = 5;

/**
 * Adam without adaptive rates while the mean of squares has seen too few steps, and rectified afterwards (Liu et al. 2020,
 * algorithm 2): with ρ∞ = 2 / (1 − β₂) − 1 and ρ = ρ∞ − 2t β₂ᵗ / (1 − β₂ᵗ), w ← w − η r m̂ √(1 − β₂ᵗ) / (√v + ε), where
 * r² = (ρ − 4)(ρ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρ), if ρ > 5; else w ← w − η m̂. Keras has no RAdam: its convention takes its
 * ε, 1e-7, and weight decay off the weight; PyTorch has 1e-8, and adds decay to the gradient.
 *
 * @throws NormtapeError if an option is wrong.
 */
export class RAdam extends Optimizer<Specs> {
  constructor(given: RAdamOptions = {}) {
    super('RAdam', { keras: KERAS, pytorch: PYTORCH }, given);
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
    const { beta1, beta2, epsilon, convention } = options;
    const left = 1 - beta2 ** steps;
    const longest = 2 / (1 - beta2) - 1;
    const length = longest - (2 * steps * beta2 ** steps) / left;
    const pace = rate / (1 - beta1 ** steps);
    const own = { beta1, beta2, epsilon, ...decayOf(rate, options, convention === 'keras') };
    if (length > SHORT) {
      const shares = ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length);
      return adamStep(value, gradient, memory, { ...own, rate: pace * Math.sqrt(shares * left) });
    }
    const still = adamStep(value, gradient, memory, { ...own, rate: 0 });
    return { ...still, value: sub(still.value, scale(still.memory[0]!, pace)) };
  }
}
