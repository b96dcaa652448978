import { Random, anySeed, sliceView } from '../array/index.js';
import { free, scope } from '../autograd/scope.js';
import { noGrad } from '../autograd/recording.js';
import { type Tensor, arrayOf } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { readTokens } from '../nn/embedding.js';
import { demandPlaces } from '../nn/positions.js';
import type { Module } from '../nn/module.js';
import { type Given, flag, number, resolve, seed } from '../option/index.js';
import type { KeyValueCache } from './key-value-cache.js';
import { SAMPLING, sample } from './sampling.js';

const GENERATION = {
  ...SAMPLING,
  length: number(32, 'How many tokens to add.', { min: 0, whole: true, explore: [0, 32] }),
  useCache: flag(true, 'Whether to keep keys and values, and so to read each token once.'),
  seed: seed('Of the draws; left out, one is drawn.'),
};

/** The options of `generate`. */
export type GenerationOptions = Given<typeof GENERATION>;

type Cache = readonly KeyValueCache[];

/** A model that gives the logits of the next token, [batch, length, vocabularySize]. */
interface Generator extends Module {
  readonly options: { readonly contextLength: number; readonly vocabularySize: number };
  cache(): Cache;
  forward(tokens: readonly (readonly number[])[], given: { readonly cache: Cache | undefined }): Tensor;
}

/** The tokens of a prompt and those that a model generates after them; see `LanguageModel.generate`. */
export function generate(
  where: string,
  model: Generator,
  prompt: readonly number[],
  given: GenerationOptions,
): number[] {
  const { length, useCache, stop, seed: stated, ...chosen } = resolve(where, GENERATION, given);
  const { contextLength, vocabularySize } = model.options;
  const { data, shape } = readTokens(where, prompt, vocabularySize);
  const tokens = [...data];
  if (shape.length !== 1 || tokens.length === 0) {
    const expected = 'a prompt of at least one token, in one list';
    throw new NormtapeError({ where, expected, received: prompt });
  }
  demandPlaces(where, tokens.length, contextLength);
  const random = new Random(stated ?? anySeed());
  const modes = model.snapshot('modes');
  model.eval();
  try {
    scope(() =>
      noGrad(() => {
        let cache = useCache ? model.cache() : undefined;
        let first = 0;
        for (let added = 0; added < length; added++) {
          if (tokens.length - first > contextLength) {
            first = tokens.length - Math.max(1, Math.floor(contextLength / 2));
            free(tensorsIn(cache));
            cache = useCache ? model.cache() : undefined;
          }
          const unread = tokens.slice(first + (cache?.[0]?.length ?? 0));
          const before = tensorsIn(cache);
          const { token } = scope(() => {
            const logits = model.forward([unread], { cache });
            const token = sample(sliceView(arrayOf(logits), [0, -1]), chosen, random);
            return { token, kept: tensorsIn(cache) };
          });
          free(before);
          tokens.push(token);
          if (stop.includes(token)) break;
        }
      }),
    );
  } finally {
    modes.restore();
  }
  return tokens;
}

const tensorsIn = (cache: Cache | undefined): readonly Tensor[] =>
  cache?.flatMap(({ tensors }) => tensors) ?? [];
