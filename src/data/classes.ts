import { NormtapeError } from '../error.js';

/** The most classes that labels may ask for: more labels than this are identifiers. */
export const MOST_CLASSES = 1 << 18;

/** The number of classes that is always allowed, however few the samples: labels of 16 bits. */
const FEW = 1 << 16;

/**
 * The names of classes that are numbered from 0 to the largest label. Each class costs a name and an output of the
 * network, even if no sample has it, so there may be more classes than samples only if they are few.
 * @throws if there are more, or if a label is not a whole number from 0.
 */
export function numberedClasses(where: string, labels: ArrayLike<number>): readonly string[] {
  let count = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0) {
      throw new NormtapeError({ where, expected: 'whole numbers from 0', received: label });
    }
    count = Math.max(count, label + 1);
  }
  const most = Math.min(Math.max(labels.length, FEW), MOST_CLASSES);
  if (count > most) {
    throw new NormtapeError({
      where,
      expected: `labels from 0 to ${most - 1} for ${labels.length} samples`,
      received: count - 1,
      hint: 'Number the classes from 0, without gaps.',
    });
  }
  return Array.from({ length: count }, (_, label) => String(label));
}
