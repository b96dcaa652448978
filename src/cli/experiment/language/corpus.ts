import { Random } from '../../../array/index.js';
import { type Characters, type Windows, characters, windows } from '../../../data/index.js';
import { NormtapeError } from '../../../error.js';

/** A text to learn from, and the end of it, which is kept to test what was learned. */
export interface Corpus {
  readonly characters: Characters;
  /** How many characters are read at once. */
  readonly context: number;
  readonly tokens: { readonly train: Int32Array; readonly test: Int32Array };
  readonly train: Windows;
  /** Side by side, without overlap. */
  readonly test: Windows;
  readonly testStarts: readonly number[];
  /** What a model that knows nothing needs for a character, and what one that knows how frequent each is: in bits. */
  readonly uniformBits: number;
  readonly frequencyBits: number;
  /** What samples go on from: the first characters that no model has seen. */
  readonly prompt: string;
  readonly size: { readonly train: number; readonly test: number };
}

const TEST_SHARE = 0.1;
const PROMPT = 16;

/**
 * The training text alone, cut in the same way, to choose settings by: what a model of it is validated on is held out of
 * its training, and the test text is not looked at.
 */
export const validationOf = ({ tokens, context, characters }: Corpus): Corpus =>
  cut(tokens.train, context, characters);

/** Cuts a text up; throws where it has no room for a stretch of `context` characters in either part. */
export function corpusOf(where: string, text: string, context: number): Corpus {
  const length = [...text].length;
  const least = Math.ceil((context + 1) / TEST_SHARE);
  if (length < least) {
    throw new NormtapeError({
      where,
      expected: `a text of at least ${least} characters, of which a tenth holds a stretch of ${context} and what follows it`,
      received: length,
    });
  }
  const alphabet = characters(text);
  return cut(alphabet.encode(text), context, alphabet);
}

function cut(tokens: Int32Array, context: number, alphabet: Characters): Corpus {
  const tested = Math.max(context + 1, Math.round(TEST_SHARE * tokens.length));
  const [train, test] = [tokens.subarray(0, -tested), tokens.subarray(-tested)];
  return {
    characters: alphabet,
    context,
    tokens: { train, test },
    train: windows(train, context),
    test: windows(test, context),
    testStarts: Array.from({ length: Math.floor((tested - 1) / context) }, (_, i) => i * context),
    uniformBits: Math.log2(alphabet.alphabet.length),
    frequencyBits: frequencyBits(train, test, alphabet.alphabet.length),
    prompt: alphabet.decode(test.subarray(0, Math.min(PROMPT, context))),
    size: { train: train.length, test: test.length },
  };
}

/** The cross-entropy of one text by the frequencies of another, in which every character is counted once more. */
function frequencyBits(train: Int32Array, test: Int32Array, vocabulary: number): number {
  const counts = new Float64Array(vocabulary).fill(1);
  for (const token of train) counts[token]! += 1;
  const total = train.length + vocabulary;
  return test.reduce((sum, token) => sum - Math.log2(counts[token]! / total), 0) / test.length;
}

/** Stretches drawn from the text by a seed, as many as all steps read: the same for every norm. */
export function drawn({ train }: Corpus, count: number, seed: number) {
  const random = new Random(seed);
  const starts = new Int32Array(count).map(() => random.integer(train.count));
  return {
    count,
    pick: (rows: Int32Array) => train.pick(Array.from(rows, (row) => starts[row]!)),
  };
}
