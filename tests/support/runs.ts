import fc from 'fast-check';

/** The number of cases of an expensive property: a share of RUNS. */
export const runs = (share: number): number =>
  Math.max(1, Math.round(share * (fc.readConfigureGlobal().numRuns ?? 100)));
