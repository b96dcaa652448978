import { demand, isList } from '../demand.js';
import { NormtapeError, suggest } from '../error.js';

/** The number of cases to try, and the seed that draws them. */
export interface Effort {
  readonly runs: number;
  readonly seed: number;
  /** A case to see again instead of drawing new ones. */
  readonly path?: string | undefined;
}

/** The default number of cases: few, since Mocha ends a test after 2 s. */
export const DEFAULT_RUNS = 10;

/** Throws if the number of runs, the seed or the path is invalid. */
export function demandEffort(where: string, { runs, seed, path }: Effort): void {
  if (path !== undefined && !isPath(path)) throw wrongPath(where, path);
  if (!Number.isInteger(runs) || runs < 1) {
    throw new NormtapeError({ where: `${where}.runs`, expected: 'a whole number from 1', received: runs });
  }
  if (!Number.isInteger(seed)) {
    throw new NormtapeError({ where: `${where}.seed`, expected: 'an integer', received: seed });
  }
}

const isPath = (path: unknown): boolean => typeof path === 'string' && /^\d+(:\d+)*$/.test(path);

/** That a path is none of a counterexample. */
export const wrongPath = (where: string, path: string): NormtapeError =>
  new NormtapeError({
    where: `${where}.path`,
    expected: 'the path of a counterexample, such as 3:0:1',
    received: path,
    hint: 'It goes with the seed, the dtype and the claim that the counterexample names.',
  });

/** The claims of these names, in their order; throws if two have one name, or a name is unknown. */
export function chosen<C extends { readonly name: string }>(
  where: string,
  claims: readonly C[],
  only: readonly string[] | undefined,
): readonly C[] {
  if (only !== undefined) demand(`${where}.only`, 'a list of names of claims', isList, only);
  const names = claims.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new NormtapeError({ where, expected: 'laws of names that no other claim has', received: twice });
  }
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const expected = `claims among ${names.join(', ')}`;
    throw new NormtapeError({
      where: `${where}.only`,
      expected,
      received: unknown,
      hint: suggest(unknown, names),
    });
  }
  return only ? claims.filter(({ name }) => only.includes(name)) : claims;
}
