import type { Shape } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import type { Mask } from './mask.js';
import type { SecondInput } from './inputs-outputs.js';
import type { Norm, OptionsOf } from './norm.js';
import { resolveBeside } from './option.js';

/** The declarations of the inputs besides x that these options use. */
export const secondInputsOf = <O>(
  inputs: readonly SecondInput<O>[] | undefined,
  options: O,
): readonly SecondInput<O>[] =>
  inputs === undefined ? NONE : inputs.filter(({ when }) => when?.(options) ?? true);

const NONE: readonly never[] = [];

/** The inputs besides x of one call, and its mask. */
export interface GivenBeside {
  readonly mask: Mask | undefined;
  readonly names: readonly string[];
  readonly tensors: readonly Tensor[];
}

const NOTHING: GivenBeside = { mask: undefined, names: NONE, tensors: NONE };

/** What a caller gave besides x, checked; throws if an input is missing, unknown, or of another shape or dtype. */
export function readBeside<N extends Norm>(
  { type, inputs }: N,
  options: OptionsOf<N>,
  x: Tensor,
  given: { readonly mask?: Mask | undefined } | undefined,
): GivenBeside {
  if (given === undefined && inputs === undefined) return NOTHING;
  const wanted = secondInputsOf<OptionsOf<N>>(inputs, options);
  const names = wanted.map(({ name }) => name);
  const all: Readonly<Record<string, unknown>> = resolveBeside(
    `${type}.forward`,
    {},
    given === undefined ? {} : given,
    ['mask', ...names] as never[],
  );
  const tensors = wanted.map((input) => demandInput(type, input, options, x, all[input.name]));
  return { mask: all['mask'] as Mask | undefined, names, tensors };
}

function demandInput<O>(
  type: string,
  { name, about, shape }: SecondInput<O>,
  options: O,
  x: Tensor,
  given: unknown,
): Tensor {
  const where = `${type}.${name}`;
  const sizes = shape(x.shape, options);
  if (!Array.isArray(sizes))
    throw new NormtapeError({
      where: `${where}.shape`,
      expected: 'a list of sizes, or null',
      received: sizes,
    });
  const expected = `a tensor of ${x.dtype} in the shape ${shapeText(sizes)}`;
  if (given instanceof Tensor && given.dtype === x.dtype && fits(given.shape, sizes)) return given;
  const received =
    given instanceof Tensor ? `${given.dtype} in the shape ${JSON.stringify(given.shape)}` : given;
  const hint = given === undefined ? `Pass it with x, as in forward(x, { ${name} }). ${about}` : about;
  throw new NormtapeError({ where, expected, received, hint });
}

/** Whether a shape is the declared one; null stands for any size. */
export const fits = (shape: Shape, sizes: readonly (number | null)[]): boolean =>
  shape.length === sizes.length && sizes.every((size, i) => size === null || size === shape[i]);

const shapeText = (sizes: readonly (number | null)[]): string =>
  `[${sizes.map((size) => size ?? 'any').join(',')}]`;

/** A shape for each input besides an x of this shape, by name; an axis of any size gets the size of x there, or 2. */
export const besideShapes = <O>(
  inputs: readonly SecondInput<O>[] | undefined,
  input: Shape,
  options: O,
): Record<string, Shape> =>
  Object.fromEntries(
    secondInputsOf(inputs, options).map(({ name, shape }) => [
      name,
      shape(input, options).map((size, i) => size ?? input[i] ?? 2),
    ]),
  );
