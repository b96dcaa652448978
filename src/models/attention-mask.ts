import { type NdArray, type Shape, expecting, flat, fromFlat, mul, reshape } from '../array/index.js';
import { Tensor, arrayOf } from '../autograd/tape.js';
import { AS_BIAS } from '../ops/attention.js';
import { type Condition, holding, where as choose } from '../ops/choose.js';

/** What attention may not see. */
export interface AttentionMasks {
  /**
   * Which keys count, [batch, keys]: true or 1 for tokens, false or 0 for padding. Places are counted from it, so that
   * padding moves no token, on whichever side it stands.
   */
  readonly paddingMask?: Condition | undefined;
  /**
   * Which query may see which key, true or 1 for those that it may: [queries, keys], [batch, queries, keys] or [batch,
   * heads, queries, keys]. A query that sees nothing gathers zeros.
   */
  readonly mask?: Condition | undefined;
}

export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
}

/** Both masks in one, to be stretched to [batch, heads, queries, keys]. Throws, in the name of `where`, other shapes. */
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

/** The place of each of the last `length` tokens, of those that count: padding has none, and gets that of the token before. */
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
 * x [batch, length, width] with zeros where the padding mask hides what is not finite: of NaN and ∞, no weight may see the
 * product with a gradient of 0. All else stays, and so does x if there is nothing of the kind.
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
