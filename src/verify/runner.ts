import type { Arbitrary, RunDetails } from 'fast-check';
import { type Dtype, Random } from '../array/index.js';
import { scope } from '../autograd/scope.js';
import { type Effort, wrongPath } from './effort.js';
import { fc } from './peer.js';
import { type ClaimReport, type Counterexample, plain } from './report.js';

/** A measured deviation, and the largest that rounding can explain. */
export interface Measure {
  readonly deviation: number;
  readonly bound: number;
  /** The error in words. */
  readonly detail?: string;
}

/** A claim that can be tried on cases of one kind. */
export interface Trying<T> {
  readonly name: string;
  readonly claim: string;
  /** Whether it follows from the formula. */
  readonly corollary?: boolean;
  /** Undefined if the claim does not apply to this case. */
  measure(tried: T): Measure | undefined;
}

/** Cases of one kind in one dtype, with the claims to try on them. */
export interface Batch<C, T> {
  readonly dtype: Dtype;
  readonly cases: Arbitrary<C>;
  readonly claims: readonly Trying<T>[];
  /** Sets a case up; all claims share what they compute from it. */
  set(given: C): T;
  /** The fields of a case that a counterexample shows. */
  show(given: C): Readonly<Record<string, unknown>>;
  /**
   * Whether what a case allocates is freed with it: left to the garbage collector, it takes a quarter of the time. A module
   * of the user, which is the same in all cases, may keep some of it.
   */
  readonly inScopes?: boolean;
  /** Whether a case says little, such as groups of one number: a counterexample is another, if there is one. */
  isDegenerate?(given: C): boolean;
}

/** The count of cases between two yields. */
const CHUNK = 25;

/** The results of a claim so far. */
interface Tally {
  readonly name: string;
  readonly claim: string;
  readonly corollary?: true;
  trials: number;
  deviation: number;
  bound: number;
  counterexample: Counterexample | null;
}

/** Tries all claims of the batches; yields the count of finished cases now and then, and returns the result of each claim. */
export function* tryAll(
  batches: readonly Batch<never, never>[],
  { runs, seed, path }: Effort,
): Generator<number, readonly ClaimReport[]> {
  const tallies = new Map<string, Tally>();
  for (const { name, claim, corollary } of batches.flatMap(({ claims }) => [...claims])) {
    if (tallies.has(name)) continue;
    const begun = { trials: 0, deviation: 0, bound: 0, counterexample: null };
    tallies.set(name, { name, claim, ...(corollary && { corollary }), ...begun });
  }
  let done = 0;
  for (const batch of batches as readonly Batch<unknown, unknown>[]) {
    // Every chunk has a seed of its own, so that a counterexample is found again without the chunks before it.
    const seeds = new Random(seed);
    for (let from = 0; from < runs; from += CHUNK) {
      const numRuns = path === undefined ? Math.min(CHUNK, runs - from) : 1;
      const parameters = {
        seed: from === 0 ? seed : seeds.seed(),
        numRuns,
        ...(path !== undefined && { path }),
      };
      chunk(batch, tallies, parameters);
      done += numRuns;
      yield done;
      if (path !== undefined) break;
    }
  }
  return [...tallies.values()].map(({ deviation, bound, ...rest }) => ({
    ...rest,
    held: rest.counterexample === null,
    deviation: plain(deviation),
    bound: plain(bound),
  }));
}

interface Parameters {
  readonly seed: number;
  readonly numRuns: number;
  readonly path?: string;
}

function chunk(
  batch: Batch<unknown, unknown>,
  tallies: ReadonlyMap<string, Tally>,
  parameters: Parameters,
): void {
  const broken = new Set<Trying<unknown>>();
  const tryCase = (given: unknown): void => {
    const tried = batch.set(given);
    for (const claim of batch.claims) {
      const tally = tallies.get(claim.name)!;
      // One counterexample is enough.
      if (tally.counterexample !== null || broken.has(claim)) continue;
      const measure = measured(claim, tried);
      if (!measure) continue;
      tally.trials += 1;
      if (isWorse(measure, tally)) [tally.deviation, tally.bound] = [measure.deviation, measure.bound];
      if (fails(measure)) broken.add(claim);
    }
  };
  const property = fc.property(batch.cases, (given) => inScopeOf(batch, () => tryCase(given)));
  const { errorInstance } = following(parameters, () => fc.check(property, parameters));
  if (errorInstance !== null && errorInstance !== undefined) throw errorInstance;
  for (const claim of broken) {
    tallies.get(claim.name)!.counterexample = shrink(batch, claim, parameters);
  }
}

const inScopeOf = <Y>({ inScopes }: Batch<unknown, unknown>, f: () => Y): Y => (inScopes ? scope(f) : f());

type Found = RunDetails<[unknown]>;

const saysLittle = (batch: Batch<unknown, unknown>, { counterexample }: Found): boolean =>
  counterexample !== null && (batch.isDegenerate?.(counterexample[0]) ?? false);

/** The number of seeds from which a telling case is shrunk: from one alone, it may get stuck while it is large. */
const STARTS = 4;

/** The smallest case that breaks a claim and is not degenerate; undefined if there is none. */
function telling(
  batch: Batch<unknown, unknown>,
  smallest: (wanted: (given: unknown) => boolean, from: Parameters) => Found,
  parameters: Parameters,
): Found | undefined {
  const starts = parameters.path === undefined ? STARTS : 1;
  const found = Array.from({ length: starts }, (_, i) =>
    smallest((given) => !batch.isDegenerate!(given), { ...parameters, seed: parameters.seed + i }),
  ).filter(({ failed }) => failed);
  const sizeOf = ({ counterexample }: Found): number => JSON.stringify(batch.show(counterexample![0])).length;
  return found.sort((a, b) => sizeOf(a) - sizeOf(b))[0];
}

/**
 * The smallest case that breaks the claim: the first that did is drawn again, and then made smaller, but not so small
 * that it says little, unless only such cases break it.
 */
function shrink(
  batch: Batch<unknown, unknown>,
  claim: Trying<unknown>,
  parameters: Parameters,
): Counterexample {
  const measuredIn = (given: unknown) => inScopeOf(batch, () => measured(claim, batch.set(given)));
  const breaks = (given: unknown): boolean => fails(measuredIn(given));
  const smallest = (wanted: (given: unknown) => boolean, from = parameters) =>
    fc.check(
      fc.property(batch.cases, (given) => !(wanted(given) && breaks(given))),
      from,
    );
  const least = smallest(() => true);
  const found = saysLittle(batch, least) ? (telling(batch, smallest, parameters) ?? least) : least;
  const [given] = found.counterexample ?? [];
  const { deviation, bound, detail } = measuredIn(given)!;
  return {
    seed: found.seed,
    path: found.counterexamplePath ?? '',
    dtype: batch.dtype,
    shrinks: found.numShrinks,
    deviation: plain(deviation),
    bound: plain(bound),
    detail: detail ?? null,
    given: batch.show(given),
  };
}

/** Runs fast-check; a path that leads nowhere is an error of ours. */
function following<R>(parameters: Parameters, run: () => R): R {
  try {
    return run();
  } catch (error) {
    throw parameters.path === undefined ? error : wrongPath('verify', parameters.path);
  }
}

/** The measure of a claim; an error that it throws breaks it. */
function measured(claim: Trying<unknown>, tried: unknown): Measure | undefined {
  try {
    return claim.measure(tried);
  } catch (error) {
    return {
      deviation: Infinity,
      bound: 0,
      detail: `It throws: ${messageOf(error)}`,
    };
  }
}

/** The message of an error; one from another realm is no instance of our Error. */
const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);

// NaN is within no bound.
const fails = (measure: Measure | undefined): boolean =>
  measure !== undefined && !(measure.deviation <= measure.bound);

const ratio = ({ deviation, bound }: Measure): number =>
  Number.isNaN(deviation) ? Infinity : deviation === 0 ? 0 : deviation / bound;

const isWorse = (measure: Measure, so: Measure): boolean =>
  ratio(measure) > ratio(so) || (so.bound === 0 && so.deviation === 0);
