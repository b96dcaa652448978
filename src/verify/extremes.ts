import { type NdArray, copy, flat, sizeOf } from '../array/index.js';
import type { Norm } from '../norms/norm.js';
import type { Claim } from './claim.js';
import { finiteness } from './owed.js';
import { apart, computation } from './trials.js';

/** The claims about extreme, infinite and NaN inputs. */
export const extremes = (norm: Norm): readonly Claim[] => [
  {
    name: 'finite',
    claim:
      'Numbers of any size, from subnormal to nearly the largest, zeros and constants give finite outputs and gradients.',
    sort: 'extreme',
    measure: ({ trial }) => finiteness(computation(trial)),
  },
  ...(norm.traits
    ? [
        {
          name: 'intrudersStay',
          claim: 'A NaN or an infinity changes nothing in parts of the input that do not depend on it.',
          sort: 'ordinary',
          measure({ trial }) {
            const { x, linearize } = trial;
            const leading = apart(norm, trial);
            const parts = sizeOf(x.shape.slice(0, leading));
            if (leading === 0 || parts === 1) return undefined;
            const clean = linearize(x, { mask: undefined }).outputs;
            const deviations = [NaN, Infinity].map((intruder) => {
              const dirty = copy(x);
              dirty.data[dirty.data.length - 1] = intruder;
              const outputs = linearize(dirty, { mask: undefined }).outputs;
              // All but the last of the parts.
              const rest = (y: NdArray) => flat(y).subarray(0, (flat(y).length / parts) * (parts - 1));
              return Math.max(
                ...outputs.map((y, i) => {
                  const [one, other] = [rest(y), rest(clean[i]!)];
                  return one.every((value, k) => value === other[k]) ? 0 : Infinity;
                }),
              );
            });
            return { deviation: Math.max(...deviations), bound: 0 };
          },
        } satisfies Claim,
      ]
    : []),
];
