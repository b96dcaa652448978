import { InvalidArgumentError } from 'commander';
import { NormtapeError } from '../../error.js';
import type { BatchShape } from '../../io/graph/inputs.js';

/** The shape of an input as a flag states it: sizes, and 'batch' for any batch size. */
export function inputShape(typed: string): BatchShape {
  return typed.split(',').map((word) => {
    const size = Number(word);
    if (word.trim() === 'batch') return 'batch';
    if (Number.isSafeInteger(size) && size > 0) return size;
    throw new InvalidArgumentError("Give whole numbers from 1 and 'batch', separated by commas: batch,12.");
  });
}

/** The shape of one sample, for targets whose files hold only that. */
export function sampleOf([batch, ...sample]: BatchShape): readonly number[] {
  const sizes = sample.filter((size): size is number => size !== 'batch');
  if (batch === 'batch' && sizes.length === sample.length) return sizes;
  throw new NormtapeError({
    where: '--input',
    expected: "'batch' and the sizes of one sample, such as batch,12",
    received: [batch, ...sample].join(),
  });
}
