import { NormtapeError } from '../error.js';
import * as kernels from '../kernels/index.js';
import { type Dtype, type NdArray, type Shape, demandShapeOf, empty, sameShape, sizeOf } from './array.js';
import { broadcastTo } from './broadcast.js';
import { flat } from './contiguous.js';
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
 * keys, depth]; neighbouring heads share a group. It keeps the output and two numbers a query, but no array of [queries,
 * keys]: the backward pass computes the shares again, a block of queries at a time. Throws if shapes do not fit.
 */
export function attention(query: NdArray, key: NdArray, value: NdArray, settings: Attention): Attended {
  const { lead, heads, groups, queries, keys, width, depth } = fitting(query, key, value);
  const all = [...lead, queries, keys];
  const shape = [...lead, queries, depth];
  const made = empty(shape, query.dtype);
  const measures = empty([sizeOf(lead), queries, 2], 'float64');
  const mask = settings.mask && hiding(settings.mask, query.dtype);
  // Made for each pass, since the stores of the operands may lie elsewhere by then.
  const layout = (): kernels.Heads => ({
    queries,
    keys,
    width,
    depth,
    sharing: heads / Math.max(1, groups),
    scale: settings.scale,
    causal: settings.causal,
    query: matrices(query),
    key: matrices(key),
    value: matrices(value),
    bias: pairs('bias', settings.bias, all),
    hidden: pairs('mask', mask, all),
    factors: pairs('factors', settings.factors, all),
  });
  kernels.attend(layout(), numbersOf(made), measures.store.numbers as Float64Array);
  return {
    value: made,
    back(gradient, needed) {
      demandShapeOf('scaledDotProductAttention.gradient', gradient, shape);
      const [ofQuery, ofKey, ofValue] = [query, key, value].map((a) => empty(a.shape, query.dtype));
      const ofBias = needed.bias ? empty(all, query.dtype) : undefined;
      kernels.attendBack(layout(), flat(gradient), flat(made), measures.store.numbers as Float64Array, {
        ofQuery: numbersOf(ofQuery!),
        ofKey: numbersOf(ofKey!),
        ofValue: numbersOf(ofValue!),
        ofBias: ofBias && numbersOf(ofBias),
      });
      return [ofQuery!, ofKey!, ofValue!, ofBias && sumTo(ofBias, settings.bias!.shape)];
    },
  };
}

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
const pairs = (name: string, given: NdArray | undefined, shape: Shape): kernels.Matrices | undefined =>
  given && matrices(stretched(name, given, shape));

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

/** A mask as numbers that are added to scores: −∞ where a key is hidden. */
function hiding(mask: NdArray, dtype: Dtype): NdArray {
  const given = flat(mask);
  const made = empty(mask.shape, dtype);
  const { numbers } = made.store;
  for (let i = 0; i < given.length; i++) numbers[i] = given[i] === 0 ? -Infinity : 0;
  return made;
}

/** The matrices of the last two axes, in row-major order. */
function matrices(a: NdArray): kernels.Matrices {
  const { shape, stride, offset } = a;
  let starts = [offset];
  for (let axis = 0; axis < shape.length - 2; axis++) {
    const next: number[] = [];
    for (const at of starts) for (let i = 0; i < shape[axis]!; i++) next.push(at + i * stride[axis]!);
    starts = next;
  }
  return { data: numbersOf(a), starts, row: stride.at(-2)!, column: stride.at(-1)! };
}
