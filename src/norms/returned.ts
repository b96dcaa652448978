import { type NdArray, isNdArray, sameShape } from '../array/index.js';
import { NormtapeError, suggest } from '../error.js';
import type { Weight } from '../nn/statistic.js';
import type { Applied, Norm } from './norm.js';
import { entriesOf } from './option.js';

// What the functions of a definition return is checked before it changes anything: the definition may be a user's.

type AnyApplied = Applied<string, string, readonly never[], string>;

/** How many outputs a norm has under these options. */
export const outputCount = <O>({ outputs }: Pick<Norm, 'outputs'>, options: O): number =>
  outputs?.filter(({ when }) => when?.(options as never) ?? true).length || 1;

/** What `apply` returned; throws, in the name of the norm, unless that is its outputs and a pullback. */
export function demandApplied<O>(norm: Norm, options: O, returned: unknown): AnyApplied {
  const { value, pullback, backwardState } = (returned ?? {}) as Partial<AnyApplied>;
  const where = `${norm.type}.apply`;
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const count = outputCount(norm, options);
  if (values.length !== count || !values.every(isNdArray) || typeof pullback !== 'function') {
    const arrays = count === 1 ? 'an NdArray' : `${count} NdArrays`;
    const expected = `{ value, pullback }, ${arrays} and a function`;
    throw new NormtapeError({ where, expected, received: returned });
  }
  if (backwardState !== undefined && typeof backwardState !== 'function')
    throw new NormtapeError({
      where: `${where}: backwardState`,
      expected: 'a function',
      received: backwardState,
    });
  return returned as AnyApplied;
}

/**
 * The gradients by name that a pullback returned; throws, in the name of the norm, if that of x is missing, or if one is that
 * of nothing the norm has.
 */
export function demandPulled(
  { type, parameters, inputs = [] }: Pick<Norm, 'type' | 'parameters' | 'inputs'>,
  pulled: unknown,
): Readonly<Record<string, NdArray | undefined>> {
  const where = `${type}.pullback`;
  const gradients = (pulled ?? {}) as Readonly<Record<string, NdArray | undefined>>;
  if (!isNdArray(gradients['x']))
    throw new NormtapeError({ where, expected: 'gradients by name, x among them', received: pulled });
  for (const name in gradients) {
    if (name === 'x' || name in parameters || inputs.some((input) => input.name === name)) continue;
    const names = ['x', ...Object.keys(parameters), ...inputs.map((input) => input.name)];
    const hint = suggest(name, names);
    throw new NormtapeError({ where, expected: `gradients of ${names.join(', ')}`, received: name, hint });
  }
  return gradients;
}

/** The arrays that are not switched off; throws, in the name of `where`, if they are no object of arrays by name. */
export function present(where: string, returned: unknown): Readonly<Record<string, NdArray>> {
  const entries = entriesOf(returned);
  if (!entries) throw new NormtapeError({ where, expected: 'arrays by name', received: returned });
  return Object.fromEntries(entries.filter((entry): entry is [string, NdArray] => entry[1] !== undefined));
}

/**
 * The weights that a function of a definition replaces, with their new arrays. Throws, in the name of `where`, if a name
 * is unknown, or an array is not of the shape and dtype of the weight.
 */
export function replacements(
  where: string,
  arrays: Readonly<Record<string, NdArray>> = {},
  weights: ReadonlyMap<string, Weight>,
): readonly (readonly [Weight, NdArray])[] {
  return Object.entries(arrays).map(([name, array]) => {
    const weight = weights.get(name);
    const names = [...weights.keys()];
    if (!weight) {
      const expected = names.length ? `arrays among ${names.join(', ')}` : 'no arrays';
      throw new NormtapeError({ where, expected, received: name, hint: suggest(name, names) });
    }
    if (isNdArray(array) && array.dtype === weight.dtype && sameShape(array.shape, weight.shape))
      return [weight, array] as const;
    throw new NormtapeError({
      where: `${where}.${name}`,
      expected: `an NdArray of ${weight.dtype} in the shape ${JSON.stringify(weight.shape)}`,
      received: isNdArray(array) ? `${array.dtype} in the shape ${JSON.stringify(array.shape)}` : array,
    });
  });
}
