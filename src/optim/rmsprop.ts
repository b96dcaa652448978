import type { NdArray } from '../array/index.js';
import { type Stepped, rmspropStep } from '../array/optimizer.js';
import type { Parameter } from '../autograd/parameter.js';
import { flag, number } from '../option/index.js';
import { Optimizer, type OptimizerOptions, type ParameterStep, type Settings } from './optimizer.js';
import { convention, decayOf, momentum, rate, stabilizer, weightDecay } from './settings.js';

const settings = (learningRate: number, rho: number, epsilon: number) => ({
  learningRate: rate(learningRate),
  rho: number(rho, 'How much of the running mean of the square a step keeps.', {
    min: 0,
    max: 1,
    explore: [0.5, 0.999],
  }),
  momentum: momentum(0),
  epsilon: stabilizer(epsilon),
  centered: flag(false, 'Whether to divide by the standard deviation instead of the root mean square.'),
  weightDecay: weightDecay(0),
  convention,
});

const KERAS = settings(1e-3, 0.9, 1e-7);
const PYTORCH = settings(1e-2, 0.99, 1e-8);

type Specs = typeof KERAS;

/** The options of `RMSprop`; each has a default. */
export type RMSpropOptions = OptimizerOptions<Specs>;

/**
 * w ← w − η g / √(s + ε), with the running mean s of g² (Hinton 2012); centered, s is a variance (Graves 2013). PyTorch
 * adds ε to the root, keeps η out of the momentum, and adds weight decay to the gradient instead of subtracting it from the
 * weight. Throws if an option is wrong.
 */
export class RMSprop extends Optimizer<Specs> {
  constructor(given: RMSpropOptions = {}) {
    super('RMSprop', { keras: KERAS, pytorch: PYTORCH }, given);
  }

  protected override memory(_: Parameter, { centered, momentum }: Settings<Specs>): readonly string[] {
    return ['square', ...(centered ? ['mean'] : []), ...(momentum > 0 ? ['velocity'] : [])];
  }

  protected override update(
    value: NdArray,
    gradient: NdArray,
    memory: readonly NdArray[],
    { rate, options }: ParameterStep<Specs>,
  ): Stepped {
    const { rho, momentum, epsilon, centered, convention } = options;
    const keras = convention === 'keras';
    const [inward, outward] = keras ? [rate, 1] : [1, rate];
    return rmspropStep(value, gradient, memory, {
      rho,
      momentum,
      epsilon,
      centered,
      inside: keras,
      inward,
      outward,
      ...decayOf(rate, options, keras),
    });
  }
}
