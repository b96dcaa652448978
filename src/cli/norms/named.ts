import { NormtapeError } from '../../error.js';
import { suggestType } from '../../norms/names.js';
import type { Norm } from '../../norms/norm.js';
import { type BuiltInType, builtInNorms, builtInTypes } from '../../norms/built-in.js';
import { isNormFile, normsIn } from './file.js';

/** Your own norms that a command was given, by type, each with its file. */
export type OwnNorms = ReadonlyMap<string, { readonly norm: Norm; readonly file: string }>;

/** No norms besides the built-in ones. */
export const NO_OWN_NORMS: OwnNorms = new Map();

/**
 * The norms in all names that are files.
 * @throws if a file exports none, or two norms, including the built-in ones, have the same type.
 */
export async function ownNorms(names: readonly string[]): Promise<OwnNorms> {
  const own = new Map<string, { norm: Norm; file: string }>();
  for (const file of new Set(names.map((name) => splitName(name).file ?? '').filter(Boolean))) {
    for (const norm of await normsIn(file)) {
      const { type } = norm;
      const other = own.get(type);
      if (other?.norm === norm) continue;
      const elsewhere = other?.file ?? (Object.hasOwn(builtInNorms, type) ? 'the built-in norms' : undefined);
      if (elsewhere !== undefined) {
        const hint = `This type is already in ${elsewhere}.`;
        throw new NormtapeError({
          where: file,
          expected: 'norms with types that are not taken',
          received: type,
          hint,
        });
      }
      own.set(type, { norm, file });
    }
  }
  return own;
}

/** Names in which each file is replaced by the types of its norms: './my-norm.ts:post' becomes 'my_norm:post'. */
export const typesOf = (names: readonly string[], own: OwnNorms): readonly string[] =>
  names.flatMap((name) => {
    const { file, suffix } = splitName(name);
    if (file === undefined) return [name];
    return [...own].flatMap(([type, { file: from }]) => (from === file ? [`${type}${suffix}`] : []));
  });

/** The names in the value of --norms, which separates them by commas. */
export const splitNames = (list: string): readonly string[] => list.split(',').map((name) => name.trim());

/**
 * The norms with these names: built-in types, or files that export definitions; if there are no names, those of `all`,
 * which are the built-in types if nothing else is said.
 */
export async function subjectsOf(
  named: readonly string[],
  all: readonly BuiltInType[] = builtInTypes,
): Promise<readonly Norm[]> {
  if (named.length === 0) return all.map((type) => builtInNorms[type]);
  const found = await Promise.all(named.map((name) => (isNormFile(name) ? normsIn(name) : [builtIn(name)])));
  return found.flat();
}

function builtIn(name: string): Norm {
  const type = builtInTypes.find((known) => known === name);
  if (type) return builtInNorms[type];
  const expected = `one of ${builtInTypes.join(', ')}, or a file that exports a norm`;
  const hint = suggestType(name, Object.values(builtInNorms));
  throw new NormtapeError({ where: 'normalization type', expected, received: name, hint });
}

/** Splits a name into its file and the suffix after a colon. */
function splitName(name: string): { readonly file: string | undefined; readonly suffix: string } {
  const [, file = name, suffix = ''] = /^(.+\.\w+)(:\w+)$/.exec(name) ?? [];
  return isNormFile(file) ? { file, suffix } : { file: undefined, suffix: '' };
}
