import {
  type NdArray,
  LARGEST,
  distance,
  flat,
  full,
  reshape,
  scale,
  sumTo,
  zip,
  onto,
  add,
  map,
} from '../../array/index.js';
import type { Invariant } from '../law.js';
import { type WithEpsilon, count, exactly, u, wide } from './bounds.js';
import { relative, worst } from './groups.js';
import { lawsUnder } from './if.js';
import { maskLaws } from './masked.js';
import { evenGradient, oddFunction, scaledGradient, scalingLaw } from './symmetry.js';
import { unitLaws } from './unit.js';
import { learnedLaws } from './weights.js';

type ResponseOptions = WithEpsilon & {
  readonly axis: number;
  readonly activation: 'tlu' | 'none';
  readonly learnableEpsilon: boolean;
};

const { unseenPositions, ...masked } = maskLaws(undefined, false);

/** The laws of max(γ x̂ + β, τ) with x̂ = x / √(mean(x²) + ε) over the positions of a sample. */
export const filterResponseLaws = {
  aboveThreshold: {
    claim: 'No output is below the threshold.',
    applies: ({ weights }) => weights['tau'] !== undefined,
    deviation: ({ x, weights, options, linearize }) => {
      const y = linearize(x).outputs[0];
      const tau = reshape(weights['tau']!, onto(x.shape, options.axis));
      return worst(flat(zip(tau, y, (least, own) => Math.max(0, least - own))));
    },
    bound: exactly,
  },

  sharedGradient: {
    claim: 'dβ + dτ is the sum of dy over all positions of a feature.',
    corollary: true,
    applies: ({ weights }) => weights['tau'] !== undefined && weights['beta'] !== undefined,
    deviation: (trial) => {
      const { x, options, linearize, normal } = trial;
      const dy = normal(x.shape);
      const { weights } = linearize(x, { training: true, mask: undefined }).pullback([dy]);
      const shape = onto(x.shape, options.axis);
      const summed = (a: NdArray) => flat(sumTo(wide(a), shape));
      const [claimed, size] = [summed(dy), summed(map(dy, Math.abs))];
      const both = flat(add(wide(weights['beta']!), wide(weights['tau']!)));
      return worst(
        Array.from(both, (value, i) => relative(value - claimed[i]!, (count(trial) + 4) * size[i]!)),
      );
    },
    bound: u,
  },

  withoutThreshold: {
    claim:
      'With the least number for τ, the output and the gradient of x have the same bits as without an activation.',
    deviation: ({ x, normal, linearize }) => {
      const seed = normal(x.shape);
      const [cut, plain] = (['tlu', 'none'] as const).map((activation) =>
        linearize(x, { changes: { activation }, weights: { tau: -LARGEST[x.dtype] } }),
      );
      return Math.max(
        distance(cut!.outputs[0], plain!.outputs[0]),
        distance(cut!.pullback([seed]).x, plain!.pullback([seed]).x),
      );
    },
    bound: exactly,
  },

  learnedEpsilon: {
    claim: 'A learned ε_l of ± 1/4 gives the same bits as an ε that is larger by 1/4.',
    deviation: ({ x, options: { epsilon }, run }) => {
      const plain = run(x, { learnableEpsilon: false, epsilon: epsilon + 0.25 })[0];
      return worst(
        [-0.25, 0.25].map((own) =>
          distance(run(x, { learnableEpsilon: true }, { epsilon_learned: own })[0], plain),
        ),
      );
    },
    bound: exactly,
  },

  evenInEpsilon: {
    claim: 'The gradient of −ε_l is that of ε_l with its sign turned.',
    deviation: ({ x, normal, linearize }) => {
      const seed = normal(x.shape);
      const [one, other] = [0.25, -0.25].map((own) => {
        const weights = { epsilon_learned: own };
        const run = linearize(x, { changes: { learnableEpsilon: true }, weights });
        return run.pullback([seed]).weights['epsilon_learned']!;
      });
      return distance(one!, scale(other!, -1));
    },
    bound: exactly,
  },

  unseenPositions,

  ...lawsUnder<ResponseOptions, 'scaledTogether' | 'scaledGradient'>(
    'If ε is not learned',
    { learnableEpsilon: false },
    { scaledTogether: scalingLaw, scaledGradient },
  ),
  ...lawsUnder<ResponseOptions, string>(
    'If ε is not learned and the activation is none',
    { learnableEpsilon: false, activation: 'none' },
    {
      ...unitLaws<ResponseOptions>({ total: 'mean', bound: 'added', centered: false }),
      ...masked,
      ...learnedLaws({ gain: 'gamma', shift: 'beta' }),
      oddFunction,
      evenGradient,
    },
  ),
} satisfies Record<string, Invariant<ResponseOptions>>;
