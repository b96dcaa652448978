// Attention: softmax(Q Kᵀ / √width) V for queries [batch, heads, T, width], with the gradients of queries, keys and values,
// and one query against the keys of a cache.

import { ofAttention, ofStep } from './operations.mjs';

const named = (shape) => shape.join('×');

/** Queries in this shape; as many keys, or as given, of as many heads, or of fewer groups that heads share. */
function attention(shape, { causal = false, keys, groups, pass = 'both' } = {}) {
  const [batch, heads, , width] = shape;
  const seen = [batch, groups ?? heads, keys ?? shape[2], width];
  const more = [
    causal && 'causal',
    groups && `${groups} groups of keys`,
    keys && `${keys} keys`,
    pass === 'forward' && pass,
  ];
  const forward = ofAttention({ batch, heads, queries: shape[2], keys: seen[2], width, causal });
  return {
    kind: 'attention',
    pass,
    title: [named(shape), ...more].filter(Boolean).join(', '),
    causal,
    operations: pass === 'both' ? ofStep(forward) : forward,
    inputs: {
      query: { shape, seed: 1 },
      key: { shape: seen, seed: 2 },
      value: { shape: seen, seed: 3 },
      g: { shape, seed: 4 },
    },
  };
}

export const ATTENTION_GROUP = {
  name: 'attention',
  tasks: [
    attention([16, 4, 64, 32], { causal: true }),
    attention([8, 8, 128, 32], { causal: true }),
    attention([8, 4, 256, 64]),
    attention([1, 8, 512, 64], { causal: true }),
    attention([4, 8, 128, 128], { groups: 2 }),
    attention([1, 8, 1, 64], { keys: 512, pass: 'forward' }),
  ],
};
