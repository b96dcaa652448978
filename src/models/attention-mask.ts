import { type NdArray, type Shape, map, mul, reshape, sameShape } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { type Condition, holding } from '../ops/choose.js';

/** What attention may not see. */
export interface AttentionMasks {
  /** Which keys count: true or 1 for those that do, [batch, keys]. */
  readonly paddingMask?: Condition | undefined;
  /** Which query may see which key: [queries, keys], [batch, queries, keys] or [batch, heads, queries, keys]. */
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
  const given = mask === undefined ? undefined : read(`${where}.mask`, mask, shapes);
  const rank = given?.shape.length ?? 0;
  const pairs = given && reshape(given, [rank > 2 ? batch : 1, rank > 3 ? heads : 1, queries, keys]);
  const joined = padding && pairs ? mul(padding, pairs) : (padding ?? pairs);
  return joined && new Tensor(joined);
}

/** The condition as ones and zeros, if it has one of these shapes. */
function read(where: string, condition: Condition, shapes: readonly Shape[]): NdArray {
  const array = holding(condition);
  if (shapes.some((shape) => sameShape(shape, array.shape)))
    return map(array, (value) => Number(value !== 0));
  const expected = `the shape ${shapes.map((shape) => JSON.stringify(shape)).join(' or ')}`;
  throw new NormtapeError({ where, expected, received: array.shape });
}
