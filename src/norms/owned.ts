import { type Dtype, type NdArray, type Shape, flat } from '../array/index.js';
import type { Constraint, Regularizer } from '../autograd/parameter.js';
import { NormtapeError } from '../error.js';
import { type StatedConstraint, constraint } from '../nn/constraints.js';
import { type StatedInitializer, initialize } from '../nn/initializers.js';
import { type StatedRegularizer, regularizer } from '../nn/regularizers.js';
import { type Weight, arrayIn } from '../nn/statistic.js';

/** The parts of y = gain ⊙ (x − mean) / √variance + shift. */
export type Role = 'gain' | 'shift' | 'mean' | 'variance';

/** The declaration of an array that a layer owns: a learned parameter or a running statistic. */
export interface Owned<O> {
  readonly about: string;
  /** Its symbol in formulas; its name if left out. */
  readonly symbol?: string;
  /** Its part in the output, by which `convertNormalization` carries it over to a norm that has the same. */
  readonly role?: Role;
  /** The number that is added to it where it is used, as in (1 + γ) x̂; left out: 0. */
  addend?(options: O): number;
  /** A running statistic as inference uses it, from the statistics by name; left out: as it is. */
  used?(options: O, state: Readonly<Record<string, NdArray>>): NdArray;
  /** Whether these options divide by it; then a layer refuses one that holds a 0. Left out: no. */
  divides?(options: O): boolean;
  /** The shape in words. */
  readonly sizes: string;
  shape(input: Shape, options: O): Shape;
  /** How it starts, which may depend on the shape of the input. */
  initial(options: O, input: Shape): StatedInitializer;
  /** Its regularizer; left out: none. */
  regularizer?(options: O): StatedRegularizer;
  /** Its constraint; left out: none. */
  constraint?(options: O): StatedConstraint;
  /** Whether these options use it; left out: always. */
  when?(options: O): boolean;
  /** For the gain of the whole output: the options with which it starts at 0. Left out: it is no such gain. */
  zeroGain?(options: O): Readonly<Record<string, unknown>>;
}

/** The declarations that these options use. */
export const present = <O>(
  specs: Readonly<Record<string, Owned<O>>> = {},
  options: O,
): Record<string, Owned<O>> =>
  Object.fromEntries(Object.entries(specs).filter(([, spec]) => spec.when?.(options) ?? true));

/** The options with which the gain of the output starts at 0; undefined if these options use no such gain. */
export const zeroGainOf = <O>(
  specs: Readonly<Record<string, Owned<O>>>,
  options: O,
): Readonly<Record<string, unknown>> | undefined =>
  Object.values(present(specs, options))
    .map((spec) => spec.zeroGain?.(options))
    .find((zero) => zero !== undefined);

/** The shapes of the owned arrays for an input of this shape. */
export const shapesOf = <O>(
  specs: Readonly<Record<string, Owned<O>>> | undefined,
  input: Shape,
  options: O,
): Record<string, Shape> =>
  Object.fromEntries(
    Object.entries(present(specs, options)).map(([name, spec]) => [name, spec.shape(input, options)]),
  );

/** Makes the owned arrays for an input of this shape; throws, in the name of `where`, if an initializer does not fit. */
export const allocate = <O>(
  specs: Readonly<Record<string, Owned<O>>> | undefined,
  input: Shape,
  options: O,
  { dtype, where = 'weight' }: { readonly dtype: Dtype; readonly where?: string },
): Record<string, NdArray> =>
  Object.fromEntries(
    Object.entries(present(specs, options)).map(([name, spec]) => [
      name,
      initialize(spec.initial(options, input), spec.shape(input, options), {
        dtype,
        where: `${where}.${name}`,
      }),
    ]),
  );

/** Refuses a 0 in an array that these options divide by; throws in the name of `where`. */
export function demandDivisors<O>(
  specs: Readonly<Record<string, Owned<O>>>,
  options: O,
  owned: ReadonlyMap<string, Weight>,
  where: string,
): void {
  for (const [name, weight] of owned) {
    if (!specs[name]!.divides?.(options) || flat(arrayIn(weight)).every((value) => value !== 0)) continue;
    const expected = 'numbers other than 0, since they are divided by';
    const hint = "A constraint such as { type: 'min_value', minValue: 1e-3 } keeps a weight away from 0.";
    throw new NormtapeError({ where: `${where}.${name}`, expected, received: 0, hint });
  }
}

/** The regularizer and the constraint of each owned array; throws, in the name of `where`, if a part contradicts itself. */
export const rulesOf = <O>(
  specs: Readonly<Record<string, Owned<O>>> | undefined,
  options: O,
  where: string,
): Record<string, Rules> =>
  Object.fromEntries(
    Object.entries(present(specs, options)).map(([name, spec]) => {
      const cost = spec.regularizer?.(options) ?? 'none';
      const limit = spec.constraint?.(options) ?? 'none';
      const at = `${where}.${name}`;
      return [name, { regularizer: regularizer(cost, at), constraint: constraint(limit, at) }];
    }),
  );

interface Rules {
  readonly regularizer: Regularizer | undefined;
  readonly constraint: Constraint | undefined;
}
