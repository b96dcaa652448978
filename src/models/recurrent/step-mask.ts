import { type Source, flat, sameShape } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { type Condition, holding } from '../../ops/choose.js';

/** Which steps of sequences there are: [samples, steps] of ones and zeros, or booleans. */
export type StepMask = Condition;

/** The mask as one condition [samples, 1] a step; throws if it has another shape, or holds anything but ones and zeros. */
export function readStepMask(
  where: string,
  mask: StepMask,
  samples: number,
  steps: number,
): readonly Source[] {
  const given = holding(where, mask);
  if (!sameShape(given.shape, [samples, steps])) {
    const expected = `the shape [${samples}, ${steps}], of samples and steps`;
    throw new NormtapeError({ where, expected, received: given.shape });
  }
  const numbers = flat(given);
  return Array.from({ length: steps }, (_, t) =>
    Array.from({ length: samples }, (_, sample) => [numbers[sample * steps + t]!]),
  );
}
