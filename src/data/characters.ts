import { NormtapeError } from '../error.js';

/** The characters of a text as tokens: whole numbers in the order of Unicode. */
export interface Characters {
  /** By token. */
  readonly alphabet: readonly string[];
  /** Throws where a character is not in the alphabet. */
  encode(text: string): Int32Array;
  /** Throws where a token stands for nothing. */
  decode(tokens: Iterable<number>): string;
}

/** The characters that occur in a text, which must not be empty. */
export function characters(text: string): Characters {
  const where = 'characters';
  const alphabet = [...new Set(text)].sort();
  if (alphabet.length === 0) {
    throw new NormtapeError({ where, expected: 'a text that is not empty', received: text });
  }
  const tokens = new Map(alphabet.map((character, token) => [character, token]));
  const demand = <A>(found: A | undefined, expected: string, received: unknown): A => {
    if (found !== undefined) return found;
    throw new NormtapeError({ where, expected, received });
  };
  return {
    alphabet,
    encode: (text) =>
      Int32Array.from([...text], (character) =>
        demand(tokens.get(character), `one of the ${alphabet.length} characters of the text`, character),
      ),
    decode: (given) =>
      Array.from(given, (token) =>
        demand(alphabet[token], `tokens from 0 to ${alphabet.length - 1}`, token),
      ).join(''),
  };
}
