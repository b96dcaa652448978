import type { NdArray } from '../array/index.js';
import { type Stepped, lionStep } from '../array/optimizer.js';
import { Optimizer, type OptimizerOptions, type ParameterStep } from './optimizer.js';
import { beta, decayOf, rate, weightDecay } from './settings.js';

const OPTIONS = {
  learningRate: rate(1e-3),
  beta1: beta(0.9, 'the gradient', 'for the direction'),
  beta2: beta(0.99, 'the gradient', 'for what is remembered'),
  weightDecay: weightDecay(0),
};

/** The options of `Lion`; each has a default. */
export type LionOptions = OptimizerOptions<typeof OPTIONS>;

/**
 * w ← w − η (sign(β₁ m + (1 − β₁) g) + λ w), and then m ← β₂ m + (1 − β₂) g (Chen et al. 2023, algorithm 2). Every
 * number changes by η, so a good rate is 3 to 10 times smaller than Adam's. Throws if an option is wrong.
 */
export class Lion extends Optimizer<typeof OPTIONS> {
  constructor(given: LionOptions = {}) {
    super('Lion', { keras: OPTIONS, pytorch: OPTIONS }, given);
  }

  protected override memory(): readonly string[] {
    return ['mean'];
  }

  protected override update(
    value: NdArray,
    gradient: NdArray,
    memory: readonly NdArray[],
    { rate, options }: ParameterStep<typeof OPTIONS>,
  ): Stepped {
    const { beta1, beta2 } = options;
    const { keep } = decayOf(rate, options, true);
    return lionStep(value, gradient, memory, { beta1, beta2, rate, keep });
  }
}
