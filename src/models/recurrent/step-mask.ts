import { type Source, flat, sameShape } from '../../array/index.js';
import { Tensor, arrayOf } from '../../autograd/tape.js';
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
  const given = mask instanceof Tensor ? arrayOf(mask) : holding(mask);
  const numbers = flat(given);
  if (!sameShape(given.shape, [samples, steps]) || !numbers.every((n) => n === 0 || n === 1)) {
    const expected = `ones and zeros of the shape [${samples}, ${steps}]`;
    const received = sameShape(given.shape, [samples, steps])
      ? numbers.find((n) => n !== 0 && n !== 1)
      : given.shape;
    throw new NormtapeError({ where, expected, received });
  }
  return Array.from({ length: steps }, (_, t) =>
    Array.from({ length: samples }, (_, sample) => [numbers[sample * steps + t]!]),
  );
}
