import { isIntegers } from './dataset.js';
import { demand, isNumbers } from '../demand.js';
import { NormtapeError } from '../error.js';

/** Windows of a text for training: tokens, and for each token the one that follows it. */
export interface Windows {
  /** The number of windows: one per start that leaves room for a whole window. */
  readonly count: number;
  /** The windows with these starts: tokens per window, and the next token of each in one list. */
  pick(starts: ArrayLike<number>): {
    readonly features: readonly (readonly number[])[];
    readonly labels: Int32Array;
  };
}

/**
 * All windows of `length` tokens.
 * @throws if the text is too short for one window and the token after it, or `length` is not a whole number from 1.
 */
export function windows(tokens: Int32Array, length: number): Windows {
  const where = 'windows';
  demand(where, 'tokens in an Int32Array', isIntegers, tokens);
  if (!Number.isInteger(length) || length < 1) {
    const expected = 'a whole number from 1';
    throw new NormtapeError({ where: `${where}.length`, expected, received: length });
  }
  const count = tokens.length - length;
  if (count < 1) {
    const expected = `a text of at least ${length + 1} tokens`;
    throw new NormtapeError({ where, expected, received: tokens.length });
  }
  return {
    count,
    pick(starts) {
      demand(where, 'a list of starts', isNumbers, starts);
      const labels = new Int32Array(starts.length * length);
      const features = Array.from(starts, (start, i) => {
        if (!Number.isInteger(start) || start < 0 || start >= count) {
          const expected = `starts from 0 to ${count - 1}`;
          throw new NormtapeError({ where, expected, received: start });
        }
        labels.set(tokens.subarray(start + 1, start + length + 1), i * length);
        return [...tokens.subarray(start, start + length)];
      });
      return { features, labels };
    },
  };
}
