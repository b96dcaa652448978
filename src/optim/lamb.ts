import type { NdArray } from '../array/index.js';
import { type Stepped, lambStep } from '../array/optimizer.js';
import { Optimizer, type OptimizerOptions, type ParameterStep } from './optimizer.js';
import { beta, rate, stabilizer, weightDecay } from './settings.js';

const OPTIONS = {
  learningRate: rate(1e-3),
  beta1: beta(0.9, 'the gradient'),
  beta2: beta(0.999, 'its square'),
  epsilon: stabilizer(1e-6),
  weightDecay: weightDecay(0),
};

/** The options of `LAMB`; each has a default. */
export type LAMBOptions = OptimizerOptions<typeof OPTIONS>;

/**
 * w ← w − η (‖w‖ / ‖r‖) r, where r = m̂ / (√v̂ + ε) + λ w is Adam's direction with decay (You et al. 2020, algorithm
 * 2, with φ(z) = z): a step moves each weight array by the share η of its length, and by η r where a length is 0.
 * Throws if an option is wrong.
 */
export class LAMB extends Optimizer<typeof OPTIONS> {
  constructor(given: LAMBOptions = {}) {
    super('LAMB', { keras: OPTIONS, pytorch: OPTIONS }, given);
  }

  protected override memory(): readonly string[] {
    return ['mean', 'square'];
  }

  protected override update(
    value: NdArray,
    gradient: NdArray,
    memory: readonly NdArray[],
    { steps, rate, options }: ParameterStep<typeof OPTIONS>,
  ): Stepped {
    const { beta1, beta2, epsilon, weightDecay } = options;
    return lambStep(value, gradient, memory, {
      beta1,
      beta2,
      rate,
      epsilon,
      decay: weightDecay,
      meanCorrection: 1 - beta1 ** steps,
      squareCorrection: 1 - beta2 ** steps,
    });
  }
}
