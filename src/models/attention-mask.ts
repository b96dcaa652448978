import { type NdArray, type Shape, expecting, flat, fromFlat, mul, reshape } from '../array/index.js';
import { Tensor, arrayOf } from '../autograd/tape.js';
import { AS_BIAS } from '../ops/attention.js';
import { type Condition, holding, where as choose } from '../ops/choose.js';

/** The masks of attention. */
export interface AttentionMasks {
  /**
   * Which keys count, [batch, keys]: true or 1 for tokens, false or 0 for padding. Positions are computed from it, so that
   * padding on either side shifts no token.
   */
  readonly paddingMask?: Condition | undefined;
  /**
   * Which query may attend to which key, true or 1 if it may: [queries, keys], [batch, queries, keys] or [batch,
   * heads, queries, keys]. The output of a query without a key is zero.
   */
  readonly mask?: Condition | undefined;
}

interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
}

/** Both masks in one, which broadcasts to [batch, heads, queries, keys]. Throws, in the name of `where`, if a shape is wrong. */
export function joinedMask(
  where: string,
  { batch, heads, queries, keys }: AttentionShape,
  { paddingMask, mask }: AttentionMasks,
): Tensor | undefined {
  const padding =
    paddingMask === undefined
      ? undefined
      : reshape(read(`${where}.paddingMask`, paddingMask, [[batch, keys]]), [batch, 1, 1, keys]);
  const shapes = [
    [queries, keys],
    [batch, queries, keys],
    [batch, heads, queries, keys],
  ];
  const given = mask === undefined ? undefined : read(`${where}.mask`, mask, shapes, AS_BIAS);
  const rank = given?.shape.length ?? 0;
  const pairs = given && reshape(given, [rank > 2 ? batch : 1, rank > 3 ? heads : 1, queries, keys]);
  const joined = padding && pairs ? mul(padding, pairs) : (padding ?? pairs);
  return joined && new Tensor(joined);
}

/** The condition as ones and zeros, if it has one of these shapes. */
function read(where: string, condition: Condition, shapes: readonly Shape[], instead?: string): NdArray {
  return holding(where, condition, instead, expecting(where, shapes));
}

/** The position of each of the last `length` tokens among those that count; padding gets the position of the token before. */
export function countedPositions(
  where: string,
  paddingMask: Condition,
  batch: number,
  offset: number,
  length: number,
): NdArray {
  const keys = offset + length;
  const counts = flat(read(`${where}.paddingMask`, paddingMask, [[batch, keys]]));
  const places = new Float64Array(batch * length);
  for (let row = 0; row < batch; row++) {
    let count = 0;
    for (let key = 0; key < keys; key++) {
      count += counts[row * keys + key]!;
      const place = key - offset;
      if (place >= 0) places[row * length + place] = Math.max(0, count - 1);
    }
  }
  return fromFlat(places, [batch, length]);
}

/**
 * x [batch, length, width] with zeros where the padding mask hides a row that is not finite: the gradients of weights
 * must not contain the product of NaN or ∞ with a gradient of 0. Returns x itself if there is no such row.
 */
export function withoutHidden(where: string, x: Tensor, paddingMask: Condition | undefined): Tensor {
  if (paddingMask === undefined) return x;
  const mask = holding(`${where}.paddingMask`, paddingMask);
  const [batch, length, width] = x.shape as [number, number, number];
  const keys = mask.shape[1] ?? 0;
  if (mask.shape.length !== 2 || mask.shape[0] !== batch || keys < length) return x;
  const [counts, numbers] = [flat(mask), flat(arrayOf(x))];
  const kept = new Float32Array(batch * length).fill(1);
  for (let place = 0; place < kept.length; place++) {
    const row = Math.floor(place / length);
    if (counts[row * keys + keys - length + (place % length)] !== 0) continue;
    const hidden = numbers.subarray(place * width, (place + 1) * width);
    if (!hidden.every(Number.isFinite)) kept[place] = 0;
  }
  return kept.includes(0) ? choose(new Tensor(fromFlat(kept, [batch, length, 1])), x, 0) : x;
}
