import { demand, demandText, isIterable } from '../demand.js';
import { NormtapeError } from '../error.js';

/** A tokenizer of single characters: tokens are whole numbers in Unicode order. */
export interface Characters {
  /** The character of each token. */
  readonly alphabet: readonly string[];
  /**
   * The tokens of a text.
   * @throws if a character is not in the alphabet.
   */
  encode(text: string): Int32Array;
  /**
   * The text of tokens.
   * @throws if a token is not in the alphabet.
   */
  decode(tokens: Iterable<number>): string;
}

/** A tokenizer for the characters that occur in a text, which must not be empty. */
export function characters(text: string): Characters {
  const where = 'characters';
  demandText(where, text);
  const alphabet = [...new Set(text)].sort();
  if (alphabet.length === 0) {
    throw new NormtapeError({ where, expected: 'a text that is not empty', received: text });
  }
  const tokens = new Map(alphabet.map((character, token) => [character, token]));
  const found = <A>(one: A | undefined, expected: string, received: unknown): A => {
    if (one !== undefined) return one;
    throw new NormtapeError({ where, expected, received });
  };
  return {
    alphabet,
    encode(text) {
      demandText(where, text);
      return Int32Array.from([...text], (character) =>
        found(tokens.get(character), `one of the ${alphabet.length} characters of the text`, character),
      );
    },
    decode(given) {
      demand(where, 'a list of tokens', isIterable, given);
      return Array.from(given, (token: unknown) =>
        found(
          typeof token === 'number' ? alphabet[token] : undefined,
          `tokens from 0 to ${alphabet.length - 1}`,
          token,
        ),
      ).join('');
    },
  };
}
