import type { Dtype } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { type BuiltInType, builtInNorms, builtInTypes } from '../norms/built-in.js';
import { NormalizationLayer } from '../norms/layer.js';
import { suggestType } from '../norms/names.js';
import { type Norm, isNorm } from '../norms/norm.js';
import { resolveBeside } from '../option/index.js';
import { type Case, type Sort, type Subject, casesOf, groupSize, subjectOf } from './cases.js';
import type { Claim, Tried } from './claim.js';
import { attempt, claimsOf } from './claims.js';
import { DEFAULT_RUNS, chosen, demandEffort } from './effort.js';
import { type Verification, nested } from './report.js';
import { type Batch, tryAll } from './runner.js';

/** The options of `verifyNormalization`; each has a default. */
export interface VerifyOptions {
  /**
   * How many cases are drawn in each dtype for every sort of claim; 10 when left out, which takes about a second and so
   * fits the time limits of test runners. 100 look harder, and take ten times as long.
   */
  readonly runs?: number;
  /** Draws the cases; 0 when left out. The same seed finds the same. */
  readonly seed?: number;
  /** The only dtype to try; float64 and float32 when left out. Differences are measured in float64 whatever it is. */
  readonly dtype?: Dtype | undefined;
  /** The names of the only claims to try. */
  readonly only?: readonly string[] | undefined;
  /** With the seed of a counterexample, the case to see again instead of all others. */
  readonly path?: string | undefined;
}

/** The names of these options. */
export const VERIFY = ['runs', 'seed', 'dtype', 'only', 'path'] as const;

/** A norm to verify: a built-in type, a definition, or a layer with its options and weights. */
export type Verifiable = BuiltInType | Norm | NormalizationLayer;

/** The progress of a verification. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

const SORTS: readonly Sort[] = ['ordinary', 'smooth', 'extreme'];

/**
 * Tries every claim of a norm on random cases: its gradients against differences, what every norm owes, its own laws,
 * and the ends of the numbers. Throws if a type or the name of a claim is unknown; the mistakes of a norm are in the
 * report.
 */
export function verifyNormalization(subject: Verifiable, options: VerifyOptions = {}): Verification {
  const steps = verification(subject, options);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The same step by step, for a caller that shows progress or may stop it. */
export function* verification(
  verifiable: Verifiable,
  given: VerifyOptions = {},
): Generator<Progress, Verification> {
  const where = 'verifyNormalization';
  const { runs = DEFAULT_RUNS, seed = 0, dtype, only, path } = resolveBeside(where, {}, given, VERIFY);
  demandEffort(where, { runs, seed, path });
  const subject = read(where, verifiable);
  const { norm } = subject;
  const claims = chosen(where, claimsOf(norm), only);
  const dtypes = dtypesOf(where, dtype);
  const batches = SORTS.flatMap((sort) => {
    const ofSort = claims.filter((claim) => claim.sort === sort);
    // Differences are taken in float64 alone.
    const own: readonly Dtype[] = sort === 'smooth' ? ['float64'] : dtypes;
    return own.flatMap((each) => {
      const tried = ofSort.filter((claim) => claim.dtypes?.includes(each) ?? true);
      return tried.length > 0 ? [batchOf(subject, sort, each, tried)] : [];
    });
  });
  const total = path === undefined ? runs * batches.length : batches.length;
  const steps = tryAll(batches as unknown as readonly Batch<never, never>[], { runs, seed, path });
  let step = steps.next();
  while (!step.done) {
    yield { done: step.value, total };
    step = steps.next();
  }
  const found = new Map(step.value.map((claim) => [claim.name, claim]));
  const reports = claims.flatMap(({ name }) => found.get(name) ?? []);
  return {
    subject: norm.type,
    ok: reports.every(({ held }) => held),
    seed,
    runs: path === undefined ? runs : 1,
    dtypes,
    claims: reports,
  };
}

const batchOf = (
  subject: Subject,
  sort: Sort,
  dtype: Dtype,
  claims: readonly Claim[],
): Batch<Case, Tried> => ({
  dtype,
  cases: casesOf(subject, dtype, sort),
  claims,
  set: (given) => attempt(subject.norm, given),
  inScopes: true,
  isDegenerate: ({ x, options }) => groupSize(subject.norm, x.shape, options) < 2,
  show: ({ x, options, weights, inputs, state, mask, training, seed }) => ({
    x: nested(x),
    options,
    ...Object.fromEntries(
      Object.entries({ ...weights, ...inputs, ...state }).map(([name, value]) => [name, nested(value)]),
    ),
    ...(mask && { mask: nested(mask) }),
    training,
    seed,
  }),
});

function read(where: string, given: unknown): Subject {
  if (given instanceof NormalizationLayer) return subjectOf(given);
  if (typeof given === 'string') {
    if (Object.hasOwn(builtInNorms, given)) return { norm: builtInNorms[given as BuiltInType] };
    const expected = `a type among ${builtInTypes.join(', ')}`;
    throw new NormtapeError({
      where,
      expected,
      received: given,
      hint: suggestType(given, Object.values(builtInNorms)),
    });
  }
  if (isNorm(given)) return { norm: given };
  throw new NormtapeError({
    where,
    expected: 'a type, a definition made with norm(…), or a layer',
    received: given,
  });
}

function dtypesOf(where: string, wanted: Dtype | undefined): readonly Dtype[] {
  if (wanted !== undefined && wanted !== 'float32' && wanted !== 'float64') {
    throw new NormtapeError({ where: `${where}.dtype`, expected: 'float32 or float64', received: wanted });
  }
  return wanted ? [wanted] : ['float64', 'float32'];
}
