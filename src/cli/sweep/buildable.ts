import { Random } from '../../array/index.js';
import { batches } from '../../data/index.js';
import { NormtapeError } from '../../error.js';
import { type Failure, built } from '../failures.js';
import type { Plan, Variant } from './plan.js';
import { network } from './training.js';

/**
 * The variants that can be built for these samples and make a step of training, and the failures of the others.
 * @throws if none can, or the baseline cannot, because the others would have nothing to be compared with.
 */
export function buildable(plan: Pick<Plan, 'split' | 'settings' | 'variants' | 'baseline'>): {
  readonly variants: readonly Variant[];
  readonly failures: readonly Failure[];
} {
  const { split, settings, baseline } = plan;
  const { batchSize, seed, learningRates } = settings;
  const [batch] = batches(split.train, { size: batchSize, seed });
  const { sound, failures } = built(
    plan.variants,
    ({ name }) => name,
    (variant) => {
      const { step } = network(plan, { variant, learningRate: learningRates[0]! }, new Random(seed).seed());
      step(batch!);
    },
  );
  const missing = failures.find(({ name }) => name === baseline);
  if (!missing) return { variants: sound, failures };
  const expected = 'a baseline that can be built';
  const hint = 'Name another by --baseline.';
  throw new NormtapeError({ where: baseline, expected, received: missing.message, hint });
}
