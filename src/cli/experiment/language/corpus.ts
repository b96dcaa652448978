import { Random } from '../../../array/index.js';
import { type Characters, type Windows, characters, windows } from '../../../data/index.js';
import { NormtapeError } from '../../../error.js';

/** A text for training, whose last part is held out for testing. */
export interface Corpus {
  readonly characters: Characters;
  /** The number of characters that a model reads at once. */
  readonly context: number;
  readonly tokens: { readonly train: Int32Array; readonly test: Int32Array };
  readonly train: Windows;
  /** Adjacent, without overlap. */
  readonly test: Windows;
  readonly testStarts: readonly number[];
  /** The bits per character of a model that knows nothing, and of one that knows the frequency of each character. */
  readonly uniformBits: number;
  readonly frequencyBits: number;
  /** The beginning of generated samples: the first characters of the test text. */
  readonly prompt: string;
  readonly size: { readonly train: number; readonly test: number };
}

const TEST_SHARE = 0.1;
const PROMPT = 16;

/**
 * The training text, split again in the same way, for choosing settings: the validation part is held out of training,
 * and the test text is not used.
 */
export const validationOf = ({ tokens, context, characters }: Corpus): Corpus =>
  cut(tokens.train, context, characters);

/**
 * Splits a text into training and test parts.
 * @throws if either part is too short for a stretch of `context` characters.
 */
export function corpusOf(where: string, text: string, context: number): Corpus {
  const length = [...text].length;
  const least = Math.ceil((context + 1) / TEST_SHARE);
  if (length < least) {
    throw new NormtapeError({
      where,
      expected: `a text of at least ${least} characters, of which a tenth must hold a stretch of ${context} and the next character`,
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

/** The cross-entropy of one text under the character frequencies of another, each count plus one. */
function frequencyBits(train: Int32Array, test: Int32Array, vocabulary: number): number {
  const counts = new Float64Array(vocabulary).fill(1);
  for (const token of train) counts[token]! += 1;
  const total = train.length + vocabulary;
  return test.reduce((sum, token) => sum - Math.log2(counts[token]! / total), 0) / test.length;
}

/** Random stretches of the text by a seed, as many as all steps read: the same for every norm. */
export function drawn({ train }: Corpus, count: number, seed: number) {
  const random = new Random(seed);
  const starts = new Int32Array(count).map(() => random.integer(train.count));
  return {
    count,
    pick: (rows: Int32Array) => train.pick(Array.from(rows, (row) => starts[row]!)),
  };
}
