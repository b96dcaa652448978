import { Sources, type Span } from './anchor.js';

/** One change of the source. All changes of a patch are made to the text as it was. */
export interface Edit {
  /** Source text that occurs once in its place; how it is broken into lines does not matter. The shorter, the longer it lasts. */
  readonly find: string;
  readonly replace: string;
  /** A folder, a file, or what is declared at the top level of one; left out: all of src. */
  readonly in?: string;
  /** The text to append to that file, such as an import or a variable of the module. */
  readonly append?: string;
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
  /** The kernels that the tests run with; left out: the general ones, since compiled and unrolled ones would hide a change of those. */
  readonly kernels?: 'wasm';
  /** Why nothing can tell it from the right one; left out: something must. */
  readonly equivalent?: string;
}

/**
 * The files that the patch changes, with their text afterwards.
 * @throws Error if an anchor is gone, or not unique, or overlaps with another.
 */
export function applied({ name, edits }: Patch, sources = new Sources()): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  let after: Span | undefined;
  for (const { replace, append = '', ...span } of edits.map(located).sort(backwards)) {
    if (after?.file === span.file && after.from < span.to)
      throw new Error(`patch "${name}": two anchors overlap in ${span.file}`);
    const text = files.get(span.file) ?? sources.text(span.file);
    files.set(span.file, text.slice(0, span.from) + replace + text.slice(span.to) + append);
    after = span;
  }
  return files;

  function located(edit: Edit): Edit & Span {
    try {
      return { ...edit, ...sources.locate(edit.find, edit.in) };
    } catch (error) {
      throw new Error(`patch "${name}": ${(error as Error).message}`, { cause: error });
    }
  }
}

/** From the end of each file to its start, so that no edit moves another. */
const backwards = (a: Span, b: Span): number => a.file.localeCompare(b.file) || b.from - a.from;

/** Makes edits in one place: a folder, a file, or what is declared at the top level of one; left out: all of src. */
export const change =
  (place?: string) =>
  (find: string, replace: string, append?: string): Edit => ({
    find,
    replace,
    ...(place !== undefined && { in: place }),
    ...(append !== undefined && { append: `\n${append}\n` }),
  });

/** The gradient check, worked example and laws of each type. */
export const laws = (...types: readonly string[]): Suite[] =>
  types.map((type) => ({ file: 'tests/norms/definitions.test.ts', only: `^${type} ` }));

/** The vectors of each type. */
export const vectors = (...types: readonly string[]): Suite[] =>
  types.map((type) => ({ file: 'tests/conformance/norms.test.ts', only: ` ${type}/` }));

/** Both, each of which must see it without the other. */
export const both = (...types: readonly string[]): Suite[] => [...laws(...types), ...vectors(...types)];

/** The promises of each type as a layer: on its inputs, its weights and separate calls. */
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
