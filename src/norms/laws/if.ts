import type { Invariant, Trial } from '../law.js';

type Laws<O, K extends string> = Readonly<Record<K, Invariant<O>>>;

/** Laws that hold in some trials only, which `words` name: 'If …'. They are tried in these. */
export const lawsIf = <O, K extends string>(
  words: string,
  holds: (trial: Trial<O>) => boolean,
  laws: Laws<O, K>,
): Laws<O, K> =>
  each(words, laws, ({ applies, ...law }) => ({
    ...law,
    applies: (trial) => holds(trial) && (applies?.(trial) ?? true),
  }));

/** Laws that hold under some options only, which `words` name: 'If …'. Every trial is brought under them. */
export const lawsUnder = <O, K extends string>(
  words: string,
  changes: Partial<O>,
  laws: Laws<O, K>,
): Laws<O, K> =>
  each(words, laws, ({ applies, deviation, bound, ...law }) => ({
    ...law,
    applies: (trial) => applies?.(trial.under(changes)) ?? true,
    deviation: (trial) => deviation(trial.under(changes)),
    bound: (trial) => bound(trial.under(changes)),
  }));

function each<O, K extends string>(
  words: string,
  laws: Laws<O, K>,
  change: (law: Invariant<O>) => Omit<Invariant<O>, 'claim'>,
): Laws<O, K> {
  const entries = Object.entries<Invariant<O>>(laws).map(([name, law]) => [
    name,
    { ...change(law), claim: `${words}: ${law.claim[0]!.toLowerCase()}${law.claim.slice(1)}` },
  ]);
  return Object.fromEntries(entries) as Record<K, Invariant<O>>;
}
