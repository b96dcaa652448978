import { NormtapeError } from '../error.js';

// Only for the files that bundlers read: scripts/descriptions.mjs writes calls of both.

/** A definition whose description is in another module: until that has run, reading a field of it throws. */
export function apart<N extends { readonly type: string }>(definition: N, fields: readonly string[]): N {
  for (const field of fields) {
    Object.defineProperty(definition, field, {
      configurable: true,
      get() {
        throw new NormtapeError({
          where: `${definition.type}.${field}`,
          expected: 'the descriptions of norms in this bundle',
          received: 'a bundle without them',
          hint: 'Call getNormalizationInfo() in this program: then bundlers keep them.',
        });
      },
    });
  }
  return definition;
}

/** Gives a definition its description. */
export function describe(definition: object, description: object): void {
  for (const [field, value] of Object.entries(description))
    Object.defineProperty(definition, field, { value, enumerable: true, writable: true, configurable: true });
}
