import type { Norm } from '../../norms/norm.js';
import type { Ranked } from './ranking.js';

/** The norm whose time the limits are stated in. */
export const REFERENCE = 'layer_norm';

/** Forward and backward may take so many times as long as those of `REFERENCE`, or longer for a stated reason. */
const [USUAL, LONGER] = [3, 6];

/** A ranked norm, with its time in that of `REFERENCE`, left out if that was not measured, and the limit of it. */
export interface Limited extends Ranked {
  readonly limit: number;
  /** Why it may take longer than others. */
  readonly reason?: string;
  readonly times?: number;
  readonly exceeds?: boolean;
}

/** The ranking with the limit of each norm, and which norms exceed theirs. */
export function limited(ranking: readonly Ranked[], norms: readonly Norm[]): readonly Limited[] {
  const reference = ranking.find(({ type }) => type === REFERENCE)?.score;
  return ranking.map((ranked) => {
    const reason = norms.find(({ type }) => type === ranked.type)?.traits?.takesLonger;
    const limit = reason === undefined ? USUAL : LONGER;
    const times = reference === undefined ? undefined : ranked.score / reference;
    return {
      ...ranked,
      limit,
      ...(reason !== undefined && { reason }),
      ...(times !== undefined && { times, exceeds: times > limit }),
    };
  });
}

/** A sentence on the norms that exceed their limits; undefined if `REFERENCE` was not measured. */
export function excess(ranking: readonly Limited[]): string | undefined {
  if (ranking.every(({ times }) => times === undefined)) return undefined;
  const over = ranking.filter(({ exceeds }) => exceeds);
  if (over.length === 0)
    return `No norm takes more than its limit, ${USUAL} or ${LONGER} times ${REFERENCE}.`;
  const each = over.map(({ type, times, limit }) => `${type} (${times!.toFixed(1)} of ${limit})`);
  return `More than their limit, in times of ${REFERENCE}, take ${each.join(', ')}.`;
}
