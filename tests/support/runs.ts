import fc from 'fast-check';

/** How many cases a property gets of which one costs as much as several of others: a share of what RUNS asks of each. */
export const runs = (share: number): number =>
  Math.max(1, Math.round(share * (fc.readConfigureGlobal().numRuns ?? 100)));
