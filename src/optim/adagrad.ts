import type { NdArray } from '../array/index.js';
import { type Stepped, adagradStep } from '../array/optimizer.js';
import { number } from '../option/index.js';
import { Optimizer, type OptimizerOptions, type ParameterStep, type Settings } from './optimizer.js';
import { convention, decayOf, rate, stabilizer, weightDecay } from './settings.js';

const settings = (learningRate: number, start: number, epsilon: number) => ({
  learningRate: rate(learningRate),
  initialAccumulator: number(start, 'What the sum of the squares of each gradient starts from.', {
    min: 0,
    explore: [0, 0.1],
  }),
  rateDecay: number(0, 'The rate of step t is divided by 1 + rateDecay · (t − 1).', {
    min: 0,
    explore: [0, 0.1],
  }),
  epsilon: stabilizer(epsilon, 1e-10),
  weightDecay: weightDecay(0),
  convention,
});

const KERAS = settings(1e-3, 0.1, 1e-7);
const PYTORCH = settings(1e-2, 0, 1e-10);

type Specs = typeof KERAS;

/** The options of `Adagrad`; each has a default. */
export type AdagradOptions = OptimizerOptions<Specs>;

/**
 * w ← w − η g / √(s + ε), with the sum s of all g² so far (Duchi et al. 2011, in the diagonal form). PyTorch adds ε to
 * the root, starts s at 0 instead of 0.1, and adds weight decay to the gradient instead of subtracting it from the weight.
 *
 * @throws NormtapeError if an option is wrong.
 */
export class Adagrad extends Optimizer<Specs> {
  constructor(given: AdagradOptions = {}) {
    super('Adagrad', { keras: KERAS, pytorch: PYTORCH }, given);
  }

  protected override memory(): readonly string[] {
    return ['sum'];
  }

  protected override start(_: string, { initialAccumulator }: Settings<Specs>): number {
    return initialAccumulator;
  }

  protected override update(
    value: NdArray,
    gradient: NdArray,
    memory: readonly NdArray[],
    { steps, rate, options }: ParameterStep<Specs>,
  ): Stepped {
    const { rateDecay, epsilon, convention } = options;
    const keras = convention === 'keras';
    return adagradStep(value, gradient, memory, {
      rate: rate / (1 + rateDecay * (steps - 1)),
      epsilon,
      inside: keras,
      ...decayOf(rate, options, keras),
    });
  }
}
