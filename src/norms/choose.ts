import { NormtapeError, suggest } from '../error.js';
import { descriptionOf } from './description.js';
import { type Norm, isShapePreserving } from './norm.js';
import type { Disturbance, Traits } from './traits.js';

/** The property by which to choose a norm. */
export type Priority = 'speed' | 'stability' | 'balanced';

type Candidate = Norm & { readonly traits: Traits };

const INCOMING: readonly Disturbance[] = ['size', 'offset'];

/** Each priority as a rank, from facts alone: the greater, the better. */
const RANKS: Readonly<Record<Priority, (traits: Traits) => number>> = {
  // The least arithmetic.
  speed: ({ cost }) => -cost,
  // The most disturbances kept from the layers behind, learned ones included.
  stability: ({ guards }) => guards.length,
  // The most kept out of what comes in, by a norm that still learns both a gain and a shift, so that the network
  // can express all it could without.
  balanced: ({ guards }) =>
    guards.every((guard) => INCOMING.includes(guard)) ? guards.length : Number.NEGATIVE_INFINITY,
};

/**
 * The norm that ranks first among those that go between layers, remove a disturbance, keep the shape of their input, and
 * look no further than one group, so that batch and sequence may have any length. Norms that learn something come
 * before the others, which limit what a network can express. Of equals, the one that was published first; of
 * the same year, the one that removes more.
 */
export function choose(norms: readonly Norm[], priority: Priority): Norm {
  const where = 'chooseNormalization';
  if (typeof priority !== 'string' || !Object.hasOwn(RANKS, priority)) {
    const words = Object.keys(RANKS);
    const hint = suggest(priority, words);
    throw new NormtapeError({ where, expected: `one of ${words.join(', ')}`, received: priority, hint });
  }
  const rank = RANKS[priority];
  const [best] = norms
    .filter(
      (norm): norm is Candidate => norm.traits !== undefined && fits(norm.traits) && isShapePreserving(norm),
    )
    .sort(
      (a, b) =>
        +learns(b) - +learns(a) ||
        rank(b.traits) - rank(a.traits) ||
        yearOf(a) - yearOf(b) ||
        b.traits.guards.length - a.traits.guards.length,
    );
  if (best) return best;
  const received = norms.map(({ type }) => type);
  throw new NormtapeError({ where, expected: 'a catalog with a norm for hidden layers', received });
}

const fits = ({ place, couples, guards }: Traits): boolean =>
  place === 'hidden' && guards.length > 0 && (couples === 'nothing' || couples === 'group');

const yearOf = (norm: Norm): number => descriptionOf(norm).reference.year;

const learns = ({ parameters }: Norm): boolean => Object.keys(parameters).length > 0;
