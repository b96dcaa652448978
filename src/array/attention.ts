import { NormtapeError } from '../error.js';
import * as kernels from '../kernels/index.js';
import { type NdArray, type Shape, demandShapeOf, filled, full, sameShape, sizeOf } from './array.js';
import { broadcastTo } from './broadcast.js';
import { contiguous, flat } from './contiguous.js';
import { matrix } from './matmul.js';
import { sumTo } from './reduce.js';
import { numbersOf } from './view.js';

export interface Attention {
  /** The factor of the products of queries and keys. */
  readonly scale: number;
  /** Whether a query sees no key after its own position; the last query is at the position of the last key. */
  readonly causal: boolean;
  /** Anything but 0 where a query may see a key; it stretches to [..., queries, keys]. */
  readonly mask: NdArray | undefined;
  /** Added to the scores; broadcast to [..., queries, keys]. −∞ hides a key. */
  readonly bias?: NdArray | undefined;
  /** The factors of the attention weights, [..., queries, keys]: 0 for weights that are dropped. */
  readonly factors?: NdArray | undefined;
}

/** The output of attention, and its backward pass. */
export interface Attended {
  readonly value: NdArray;
  /** The gradient of the bias is left out unless it is needed. */
  back(
    gradient: NdArray,
    needed: { readonly bias: boolean },
  ): readonly [query: NdArray, key: NdArray, value: NdArray, bias: NdArray | undefined];
}

/**
 * softmax(scale · Q Kᵀ) V for Q of [..., heads, queries, width], K of [..., groups, keys, width] and V of [..., groups,
 * keys, depth]; neighbouring heads share a group. It keeps the output and one number a query, but no array of [queries,
 * keys]: the backward pass computes the shares again, a block of queries at a time. Throws if shapes do not fit.
 */
export function attention(query: NdArray, key: NdArray, value: NdArray, settings: Attention): Attended {
  const layout = fitting(query, key, value);
  const { lead, heads, groups, queries, keys, width, depth } = layout;
  const mask = settings.mask && visible(settings.mask, [...lead, queries, keys]);
  const count = sizeOf(lead);
  const shape = [...lead, queries, depth];
  const made = full(shape, 0, query.dtype);
  const out = numbersOf(made);
  const logs = new Float64Array(count * queries);
  const [startsQ, startsK, startsV] = [query, key, value].map((a) => starts(a)) as [
    number[],
    number[],
    number[],
  ];
  const startsM = mask && starts(mask.view);
  const bias = pairs('bias', settings.bias, [...lead, queries, keys]);
  const factors = pairs('factors', settings.factors, [...lead, queries, keys]);

  const headAt = (h: number): kernels.Head => {
    const group = groupOf(h, heads, groups);
    return {
      queries,
      keys,
      width,
      depth,
      query: matrix(query, startsQ[h]!),
      key: matrix(key, startsK[group]!),
      value: matrix(value, startsV[group]!),
      scale: settings.scale,
      causal: settings.causal,
      visible: mask && {
        data: mask.data,
        at: startsM![h]!,
        row: mask.view.stride.at(-2)!,
        column: mask.view.stride.at(-1)!,
      },
      bias: bias?.(h),
      factors: factors?.(h),
    };
  };

  for (let h = 0; h < count; h++) {
    kernels.attend(headAt(h), { data: out, at: h * queries * depth }, { data: logs, at: h * queries });
  }
  return {
    value: made,
    back(gradient, needed) {
      demandShapeOf('scaledDotProductAttention.gradient', gradient, shape);
      const [g, o] = [flat(gradient), flat(made)];
      const ofQuery = full(query.shape, 0, query.dtype);
      const ofKey = new Float64Array(sizeOf(key.shape));
      const ofValue = new Float64Array(sizeOf(value.shape));
      const ofBias = needed.bias ? full([...lead, queries, keys], 0, query.dtype) : undefined;
      for (let h = 0; h < count; h++) {
        const group = groupOf(h, heads, groups);
        const rows = h * queries;
        kernels.attendBack(
          headAt(h),
          { data: g, at: rows * depth },
          { data: o, at: rows * depth },
          { data: logs, at: rows },
          { data: numbersOf(ofQuery), at: rows * width },
          { data: ofKey, at: group * keys * width },
          { data: ofValue, at: group * keys * depth },
          ofBias && { data: numbersOf(ofBias), at: rows * keys },
        );
      }
      return [
        ofQuery,
        filled(ofKey, key.shape, query.dtype),
        filled(ofValue, value.shape, query.dtype),
        ofBias && sumTo(ofBias, settings.bias!.shape),
      ];
    },
  };
}

/** The number of the matrix of keys that belongs to a matrix of queries. */
const groupOf = (h: number, heads: number, groups: number): number => {
  const head = h % heads;
  return ((h - head) / heads) * groups + Math.floor((head * groups) / heads);
};

function fitting(query: NdArray, key: NdArray, value: NdArray) {
  const [queries, width] = query.shape.slice(-2);
  const [keys, keyWidth] = key.shape.slice(-2);
  const [values, depth] = value.shape.slice(-2);
  const [lead, keyLead, valueLead] = [query, key, value].map(({ shape }) => shape.slice(0, -2)) as Shape[];
  const [heads, groups] = [lead!.at(-1) ?? 1, keyLead!.at(-1) ?? 1];
  const fits =
    [query, key, value].every(({ shape }) => shape.length >= 2 && shape.length === query.shape.length) &&
    width === keyWidth &&
    keys === values &&
    sameShape(keyLead!, valueLead!) &&
    sameShape(lead!.slice(0, -1), keyLead!.slice(0, -1)) &&
    (heads === groups || (groups > 0 && heads % groups === 0));
  if (!fits || width === 0) {
    const expected =
      'a query [..., heads, queries, width], a key [..., groups, keys, width] and a value [..., groups, keys, depth], with a divisor of heads for groups';
    const received = [query.shape, key.shape, value.shape];
    throw new NormtapeError({ where: 'scaledDotProductAttention', expected, received });
  }
  return {
    lead: lead!,
    heads,
    groups,
    queries: queries!,
    keys: keys!,
    width: width!,
    depth: depth!,
  };
}

/** Numbers for every pair of a query and a key, by head. Throws, in the name of the setting, if they do not stretch to the shape. */
function pairs(
  name: string,
  given: NdArray | undefined,
  shape: Shape,
): ((h: number) => kernels.Matrix) | undefined {
  if (!given) return undefined;
  const view = stretched(name, given, shape);
  const places = starts(view);
  return (h) => matrix(view, places[h]!);
}

function stretched(name: string, given: NdArray, shape: Shape): NdArray {
  try {
    return broadcastTo(given, shape);
  } catch (error) {
    if (!(error instanceof NormtapeError)) throw error;
    const expected = `a shape that stretches to ${JSON.stringify(shape)}, for queries and keys`;
    const where = `scaledDotProductAttention.${name}`;
    throw new NormtapeError({ where, expected, received: given.shape });
  }
}

/** The mask as bytes, and the view in which they stretch to the shape. */
function visible(mask: NdArray, shape: Shape): { readonly data: Uint8Array; readonly view: NdArray } {
  const packed = contiguous(mask);
  const data = Uint8Array.from(flat(packed), (value) => (value === 0 ? 0 : 1));
  return { data, view: stretched('mask', packed, shape) };
}

/** Where each matrix of the last two axes begins, in row-major order. */
function starts({ shape, stride, offset }: NdArray): number[] {
  let places = [offset];
  shape.slice(0, -2).forEach((n, axis) => {
    places = places.flatMap((at) => Array.from({ length: n }, (_, i) => at + i * stride[axis]!));
  });
  return places;
}
