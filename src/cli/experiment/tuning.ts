import { NormtapeError } from '../../error.js';
import type { Progress, Trial } from './experiment.js';

/** A setting of a method, to be tried on validation data. */
export interface Candidate<C> {
  /** The name of the method. */
  readonly method: string;
  readonly choice: C;
}

/** The score of one candidate on validation data, the higher the better; −∞ if its training diverged. */
export interface Tried<C> extends Candidate<C> {
  readonly score: number;
}

/**
 * Chooses among the candidates of each method by validation data alone, with trials that run before the final ones. A
 * method with a single candidate needs no trials.
 */
export class Tuning<C> {
  readonly #candidates: readonly Candidate<C>[];
  readonly #tried: Tried<C>[] = [];

  constructor(candidates: readonly Candidate<C>[]) {
    this.#candidates = candidates;
  }

  /** The scores of the candidates, in the order in which they ran. */
  get tried(): readonly Tried<C>[] {
    return this.#tried;
  }

  /** A trial for each candidate of a method that has several; `evaluate` trains it and returns its score. */
  trials(
    name: (candidate: Candidate<C>) => string,
    evaluate: (candidate: Candidate<C>) => Generator<Progress, number, void>,
    weight: (candidate: Candidate<C>) => number = () => 1,
  ): readonly Trial<void>[] {
    const tried = this.#tried;
    const several = this.#candidates.filter(({ method }) => this.#of(method).length > 1);
    return several.map((candidate) => ({
      name: name(candidate),
      weight: weight(candidate),
      *run() {
        tried.push({ ...candidate, score: yield* evaluate(candidate) });
      },
    }));
  }

  /** The choice with the highest score, the first of equals; the first candidate if none was tried. */
  chosen(method: string): C {
    const own = this.#tried.filter((one) => one.method === method);
    const best = own.reduce<Tried<C> | undefined>(
      (best, one) => (best === undefined || one.score > best.score ? one : best),
      undefined,
    );
    return (best ?? this.#of(method)[0]!).choice;
  }

  #of(method: string): readonly Candidate<C>[] {
    return this.#candidates.filter((candidate) => candidate.method === method);
  }
}

/** Every combination of one value per key. */
export const grid = <V extends Readonly<Record<string, readonly unknown[]>>>(
  values: V,
): readonly { readonly [K in keyof V]: V[K][number] }[] =>
  Object.entries(values).reduce<readonly Readonly<Record<string, unknown>>[]>(
    (made, [key, own]) => made.flatMap((one) => own.map((value) => ({ ...one, [key]: value }))),
    [{}],
  ) as readonly { readonly [K in keyof V]: V[K][number] }[];

/** Throws, with the name of a flag, if a list of values to try is empty or repeats one. */
export function demandValues(where: string, values: readonly number[]): void {
  if (values.length > 0 && new Set(values).size === values.length) return;
  throw new NormtapeError({ where, expected: 'one or more numbers, each once', received: values });
}
