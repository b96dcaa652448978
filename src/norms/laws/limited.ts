import type { Invariant } from '../law.js';

/** The same laws for some options alone, which their claims name first. */
export const limitedTo = <O, K extends string>(
  condition: string,
  isMeant: (options: O) => boolean,
  laws: Readonly<Record<K, Invariant<NoInfer<O>>>>,
): Readonly<Record<K, Invariant<O>>> => {
  const limited = (law: Invariant<O>): Invariant<O> => ({
    ...law,
    claim: `${condition}: ${law.claim[0]!.toLowerCase()}${law.claim.slice(1)}`,
    applies: (trial) => isMeant(trial.options) && (law.applies?.(trial) ?? true),
  });
  return Object.fromEntries(
    Object.entries<Invariant<O>>(laws).map(([name, law]) => [name, limited(law)]),
  ) as Record<K, Invariant<O>>;
};
