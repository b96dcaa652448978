/** The entry points of the package by their import specifiers. */
export type Own = Readonly<Record<string, object>>;

/** The exports of each entry point. */
export type Names = Readonly<Record<string, readonly string[]>>;

/** The key under which a script finds the entry points of the command that loads it, in globalThis. */
export const SHARED = Symbol.for('normtape: entry points of the running command');

export const namesIn = (own: Own): Names =>
  Object.fromEntries(Object.entries(own).map(([entry, exported]) => [entry, Object.keys(exported)]));

/** A module that exports what this entry point of the running command does. */
export const sourceOf = (entry: string, names: readonly string[]): string =>
  `export const { ${names.join(', ')} } = globalThis[Symbol.for(${JSON.stringify(Symbol.keyFor(SHARED))})][${JSON.stringify(entry)}];`;
