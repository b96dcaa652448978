import { NormtapeError } from '../error.js';

/** How many classes labels may ask for: more are identifiers. */
export const MOST_CLASSES = 1 << 18;

/** So many classes are few, whatever the samples are: those of labels in 16 bits. */
const FEW = 1 << 16;

/**
 * The names of classes that are numbered from 0 to the largest label. A class that no sample has costs a name, and an
 * output of a network: there may be more classes than samples only if these are few. Throws if there are more, or a label
 * is no whole number from 0.
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
