import {
  binary,
  constant,
  concat,
  matmul,
  reduce,
  reshape,
  select,
  slice,
  softmax,
  swapped,
} from './builder.js';
import type { Node } from './node.js';
import type { Translations } from './translation.js';

const mul = (a: Node | number, b: Node | number): Node => binary('mul', a, b);

/** The score of a hidden key: its exponential is 0, and no difference from it is infinite. */
const HIDDEN = -1e30;

/** Keys or values [..., groups, keys, size], each for every head of its group. */
function forHeads(x: Node, heads: number): Node {
  const [groups, keys, size] = x.shape.slice(-3) as [number, number, number];
  if (groups === heads) return x;
  const leading = x.shape.slice(0, -3);
  const one = reshape(x, [...leading, groups, 1, keys, size]);
  const each = concat(Array<Node>(heads / groups).fill(one), leading.length + 1);
  return reshape(each, [...leading, heads, keys, size]);
}

/** Whether a query sees a key, if it sees none behind its own place: [queries, keys]. */
function causalMask(queries: number, keys: number): Node {
  const isSeen = Array.from({ length: queries * keys }, (_, i) =>
    Number((i % keys) - (keys - queries) <= Math.floor(i / keys)),
  );
  return constant(isSeen, [queries, keys]);
}

/** Rotary embeddings by positions that are known when the model is traced. */
function rotated(x: Node, axis: number, offset: number, base: number): Node {
  const n = x.shape[axis]!;
  const half = x.shape.at(-1)! / 2;
  const shape = x.shape.map((_, i) => (i === axis ? n : i === x.shape.length - 1 ? half : 1));
  const table = (of: (angle: number) => number): Node =>
    constant(
      Array.from({ length: n * half }, (_, i) =>
        of((offset + Math.floor(i / half)) * base ** (-(i % half) / half)),
      ),
      shape,
    );
  const [cos, sin] = [table(Math.cos), table(Math.sin)];
  const [a, b] = [slice(x, -1, 0, half), slice(x, -1, half, 2 * half)];
  return concat([binary('sub', mul(a, cos), mul(b, sin)), binary('add', mul(a, sin), mul(b, cos))], -1);
}

export const attention: Translations = {
  scaledDotProductAttention: {
    refuses: ({ dropout }) => ((dropout as number) > 0 ? 'dropout in training' : undefined),
    nodes([query, key, value, bias], { causal, mask, scale }, { nodeOf }) {
      const heads = query!.shape.at(-3) ?? 1;
      const isShared = query!.shape.length > 2;
      const [k, v] = isShared ? [forHeads(key!, heads), forHeads(value!, heads)] : [key!, value!];
      const factor = (scale as number | undefined) ?? 1 / Math.sqrt(query!.shape.at(-1)!);
      const products = mul(matmul(query!, swapped(k)), factor);
      let scores = bias ? binary('add', products, bias) : products;
      const seen = [
        ...(causal === true ? [causalMask(query!.shape.at(-2)!, k.shape.at(-2)!)] : []),
        ...(mask === undefined ? [] : [nodeOf(mask)]),
      ];
      for (const one of seen) scores = select(one, scores, HIDDEN);
      const weights = softmax('softmax', scores, -1);
      if (mask === undefined) return matmul(weights, v);
      // A query that sees no key gives zeros.
      const all = seen.reduce((a, b) => mul(a, b));
      return matmul(mul(weights, reduce('max', all, -1)), v);
    },
  },
  rotary: {
    refuses: ({ positions }) => (positions === undefined ? undefined : 'positions of tokens'),
    nodes([x], { axis, offset, base }) {
      const at = (axis as number) < 0 ? (axis as number) + x!.shape.length : (axis as number);
      return rotated(x!, at, offset as number, base as number);
    },
  },
};
