import type { Invariant, Trial } from '../law.js';

/** Laws that hold for some trials only, which `words` name: "If …". */
export const lawsIf = <O, K extends string>(
  words: string,
  holds: (trial: Trial<O>) => boolean,
  laws: Readonly<Record<K, Invariant<O>>>,
): Readonly<Record<K, Invariant<O>>> =>
  Object.fromEntries(
    Object.entries<Invariant<O>>(laws).map(([name, { claim, applies, ...law }]) => [
      name,
      {
        ...law,
        claim: `${words}: ${claim}`,
        applies: (trial: Trial<O>) => holds(trial) && (applies?.(trial) ?? true),
      },
    ]),
  ) as Record<K, Invariant<O>>;
