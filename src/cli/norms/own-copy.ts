/** The entry points of the package by their import specifiers. */
export type Own = Readonly<Record<string, object>>;

/** The names of the exports of each entry point. */
export type Names = Readonly<Record<string, readonly string[]>>;

/** The key in globalThis under which a script finds the entry points of the running command. */
export const SHARED = Symbol.for('normtape: entry points of the running command');

export const namesIn = (own: Own): Names =>
  Object.fromEntries(Object.entries(own).map(([entry, exported]) => [entry, Object.keys(exported)]));

/** The source of a module that exports the same names as an entry point of the running command. */
export const sourceOf = (entry: string, names: readonly string[]): string =>
  `export const { ${names.join(', ')} } = globalThis[Symbol.for(${JSON.stringify(Symbol.keyFor(SHARED))})][${JSON.stringify(entry)}];`;
