import { readFileSync } from 'node:fs';

/** One change of the source, exact to the character. */
export interface Edit {
  readonly file: string;
  /** Must occur in the file once. */
  readonly find: string;
  readonly replace: string;
}

/** Tests of which at least one must fail: those of a file, or some of them by their titles. */
export interface Suite {
  readonly file: string;
  /** A regular expression that the full title must match. */
  readonly only?: string;
}

/** A plausible wrong implementation, as a change of the right one. */
export interface Patch {
  readonly name: string;
  /** Which of the wrong implementations that docs/mutation.md lists it stands for. */
  readonly stands: readonly number[];
  readonly edits: readonly Edit[];
  /** Each of these must go red by itself. */
  readonly red: readonly Suite[];
  /** What the tests run with; left out: the general kernels, since compiled and unrolled ones would hide a change of those. */
  readonly kernels?: 'wasm';
  /** Why nothing can tell it from the right one; left out: something must. */
  readonly equivalent?: string;
}

/** A wrong implementation that there is nothing to make of yet. */
export interface Inapplicable {
  readonly name: string;
  readonly stands: readonly number[];
  readonly reason: string;
}

/** The text with the edit made; throws where the place is gone, or is not one. */
export function edited(text: string, { file, find, replace }: Edit): string {
  const [before, after, ...more] = text.split(find);
  if (after === undefined || more.length) {
    const times = after === undefined ? 'nowhere' : `${more.length + 1} times`;
    throw new Error(`${file} has ${times}, instead of once:\n${find}`);
  }
  return before + replace + after;
}

/** The files that the patch changes, with their text afterwards; `root` is where src lies. */
export function applied({ edits }: Patch, root = '.'): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const edit of edits) {
    const text = files.get(edit.file) ?? readFileSync(`${root}/${edit.file}`, 'utf8');
    files.set(edit.file, edited(text, edit));
  }
  return files;
}

/** The gradient check, worked example and laws of each type. */
export const laws = (...types: readonly string[]): Suite[] =>
  types.map((type) => ({ file: 'tests/norms/definitions.test.ts', only: `^${type} ` }));

/** The vectors of each type. */
export const vectors = (...types: readonly string[]): Suite[] =>
  types.map((type) => ({ file: 'tests/conformance/norms.test.ts', only: ` ${type}/` }));

/** Both, each of which must see it without the other. */
export const both = (...types: readonly string[]): Suite[] => [...laws(...types), ...vectors(...types)];

/** What each type must keep as a layer: its inputs, its weights, its calls apart. */
export const layers = (...types: readonly string[]): Suite[] =>
  types.map((type) => ({ file: 'tests/norms/layer.test.ts', only: `a normalization layer ${type} ` }));

/** The ends of the numbers. */
export const extremes = (...types: readonly string[]): Suite[] =>
  types.map((type) => ({ file: 'tests/norms/extremes.test.ts', only: type }));

/** Numbers far from 1, or far from their mean. */
export const far = (...types: readonly string[]): Suite[] =>
  types.map((type) => ({ file: 'tests/norms/far.test.ts', only: `far from 1 ${type} ` }));

/** The band family where its clamp holds. */
export const clamps = (...types: readonly string[]): Suite[] =>
  types.map((type) => ({ file: 'tests/norms/clamp.test.ts', only: `above ε = 1 ${type} ` }));

/** A file of tests. */
export const all = (file: string): Suite => ({ file });
