/** The kind of an object, as in "received a tensor", and the copy of Normtape that made it. */
export interface Mark {
  readonly is: string;
  readonly copy: symbol;
}

/** The key of the mark: the same in every copy of the package, so that copies recognize each other's objects. */
export const MARK: unique symbol = Symbol.for('normtape.mark') as never;

const COPY = Symbol('normtape');

/** The mark of objects of this copy. */
export const ours = (is: string): Mark => ({ is, copy: COPY });

/** Describes an object of another copy of Normtape; undefined for anything else. */
export function foreign(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !(MARK in value)) return undefined;
  const { is, copy } = value[MARK] as Mark;
  return copy === COPY ? undefined : `${is} of another copy of normtape`;
}

/** The hint for errors about objects of another copy. */
export const TWO_COPIES =
  'Two copies of normtape are loaded: npm ls normtape lists those installed; a bundler can dedupe them.';
