import type { Invariant, Trial } from '../law.js';

/** Laws that hold under some options only, which `words` name: "If …". */
export const lawsUnder = <O, K extends string>(
  words: string,
  holds: (options: O) => boolean,
  laws: Readonly<Record<K, Invariant<O>>>,
): Readonly<Record<K, Invariant<O>>> =>
  Object.fromEntries(
    Object.entries<Invariant<O>>(laws).map(([name, { claim, applies, ...law }]) => [
      name,
      {
        ...law,
        claim: `${words}: ${claim[0]!.toLowerCase()}${claim.slice(1)}`,
        applies: (trial: Trial<O>) => holds(trial.options) && (applies?.(trial) ?? true),
      },
    ]),
  ) as Record<K, Invariant<O>>;
