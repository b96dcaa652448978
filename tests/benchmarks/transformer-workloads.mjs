// Training steps of character transformers: layer_norm before each part, gelu, learned positions, and the embeddings
// give the logits too.

import { ofAttention, ofProduct, ofStep } from './operations.mjs';

/** The rounding errors of 20 steps add up. */
const LOOSE = 1e-2;

/** How many characters there are. */
const VOCABULARY = 64;

const uniform = (shape, seed, bound) => ({ shape, seed, bound });
const kernel = (from, to, seed) => uniform([from, to], seed, Math.sqrt(6 / (from + to)));

/** The initial weights of a model, without those that start at zero or one. */
export function weights({ layers, hidden, context }) {
  const blocks = Array.from({ length: layers }, (_, i) => [
    ...['query', 'key', 'value', 'output'].map((name, j) => [
      `${name}${i}`,
      kernel(hidden, hidden, 10 * i + j + 10),
    ]),
    [`up${i}`, kernel(hidden, 4 * hidden, 10 * i + 14)],
    [`down${i}`, kernel(4 * hidden, hidden, 10 * i + 15)],
  ]);
  return {
    embedding: uniform([VOCABULARY, hidden], 1, 0.05),
    places: uniform([context, hidden], 2, 0.05),
    ...Object.fromEntries(blocks.flat()),
  };
}

/** Of the forward pass: in each block, four dense layers as wide as the model and two four times as wide. */
function operations({ layers, hidden, heads, context, batch }) {
  const tokens = batch * context;
  const attention = { batch, heads, queries: context, keys: context, width: hidden / heads, causal: true };
  const block = ofProduct(tokens, hidden, 12 * hidden) + ofAttention(attention);
  return layers * block + ofProduct(tokens, hidden, VOCABULARY);
}

const step = (sizes) => ({
  kind: 'transformer',
  title: `${sizes.layers} blocks of ${sizes.hidden}, ${sizes.heads} heads, context ${sizes.context}, batch ${sizes.batch}, Adam`,
  tolerance: LOOSE,
  warmer: 4,
  vocabulary: VOCABULARY,
  operations: ofStep(operations(sizes)),
  ...sizes,
  inputs: weights(sizes),
});

export const TRANSFORMERS = [
  step({ layers: 2, hidden: 128, heads: 4, context: 64, batch: 16 }),
  step({ layers: 4, hidden: 256, heads: 8, context: 128, batch: 8 }),
];

/** As many tokens as there are places left after the prompt. */
const PROMPT = [1, 2, 3];

const generation = ({ layers, hidden, heads, context }) => {
  const sizes = { layers, hidden, heads, context };
  const length = context - PROMPT.length;
  return {
    kind: 'generate',
    title: `${length} tokens with ${layers} blocks of ${hidden}, ${heads} heads, context ${context}`,
    // One token that differs changes all that follow.
    tolerance: 0,
    vocabulary: VOCABULARY,
    prompt: PROMPT,
    length,
    operations: length,
    ...sizes,
    inputs: weights(sizes),
  };
};

export const TRANSFORMER_GROUPS = [
  { name: 'transformers', tasks: TRANSFORMERS },
  { name: 'tokens', tasks: [generation({ layers: 4, hidden: 256, heads: 8, context: 256 })] },
];
