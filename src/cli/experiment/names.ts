import { NormtapeError, suggest } from '../../error.js';

/** The names that were asked for; throws where one is unknown, or comes twice. */
export function demandNames(names: readonly string[], known: readonly string[]): readonly string[] {
  const where = '--norms';
  names.forEach((name, i) => {
    if (!known.includes(name)) {
      const expected = `one of ${known.join(', ')}`;
      throw new NormtapeError({ where, expected, received: name, hint: suggest(name, known) });
    }
    if (names.indexOf(name) !== i) {
      throw new NormtapeError({ where, expected: 'each name once', received: name });
    }
  });
  return names;
}
