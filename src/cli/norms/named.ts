import { NormtapeError, suggest } from '../../error.js';
import type { Norm } from '../../norms/norm.js';
import { normalizationTypes, norms } from '../../norms/normalizations.js';
import { isNormFile, normsIn } from './file.js';

/** The norms of one's own that a command was given, each with the file it is from, by type. */
export type OwnNorms = ReadonlyMap<string, { readonly norm: Norm; readonly file: string }>;

/** None: all norms are built in. */
export const NO_OWN_NORMS: OwnNorms = new Map();

/**
 * The norms in those of the names that are files. Throws if a file has none, and if two norms, the built-in ones among
 * them, would go by one type.
 */
export async function ownNorms(names: readonly string[]): Promise<OwnNorms> {
  const own = new Map<string, { norm: Norm; file: string }>();
  for (const file of new Set(names.map((name) => splitName(name).file ?? '').filter(Boolean))) {
    for (const norm of await normsIn(file)) {
      const { type } = norm;
      const other = own.get(type);
      if (other?.norm === norm) continue;
      const elsewhere = other?.file ?? (Object.hasOwn(norms, type) ? 'the built-in norms' : undefined);
      if (elsewhere !== undefined) {
        const hint = `There is one of this type in ${elsewhere}.`;
        throw new NormtapeError({
          where: file,
          expected: 'norms of types of their own',
          received: type,
          hint,
        });
      }
      own.set(type, { norm, file });
    }
  }
  return own;
}

/** Names in which each file has become the types of the norms in it: './my-norm.ts:post' becomes 'my_norm:post'. */
export const typesOf = (names: readonly string[], own: OwnNorms): readonly string[] =>
  names.flatMap((name) => {
    const { file, suffix } = splitName(name);
    if (file === undefined) return [name];
    return [...own].flatMap(([type, { file: from }]) => (from === file ? [`${type}${suffix}`] : []));
  });

/** The value of --norms: names with commas between them. */
export const splitNames = (list: string): readonly string[] => list.split(',').map((name) => name.trim());

/** The norms that are named: types of the catalog, or files that export definitions; all types if none is named. */
export async function subjectsOf(named: readonly string[]): Promise<readonly Norm[]> {
  if (named.length === 0) return normalizationTypes.map((type) => norms[type]);
  const found = await Promise.all(named.map((name) => (isNormFile(name) ? normsIn(name) : [builtIn(name)])));
  return found.flat();
}

function builtIn(name: string): Norm {
  const type = normalizationTypes.find((known) => known === name);
  if (type) return norms[type];
  const expected = `one of ${normalizationTypes.join(', ')}, or a file that exports a norm`;
  const hint = suggest(name, normalizationTypes);
  throw new NormtapeError({ where: 'normalization type', expected, received: name, hint });
}

/** The file in a name, and what a colon after it adds. */
function splitName(name: string): { readonly file: string | undefined; readonly suffix: string } {
  const [, file = name, suffix = ''] = /^(.+\.\w+)(:\w+)$/.exec(name) ?? [];
  return isNormFile(file) ? { file, suffix } : { file: undefined, suffix: '' };
}
