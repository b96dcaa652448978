// Shared helpers of the contract tests, which use only the public names of the package, as its users do.
import { expect } from 'chai';
import {
  type NdArray,
  type NormalizationLayer,
  type NormalizationType,
  NormtapeError,
  type Tensor,
  createNormalizationLayer,
  norms,
  randomNormal,
  reshape,
  tensor,
} from 'normtape';

/** `where: expected …, received …. Hint.` */
const GRAMMAR = /^[^:]+(: [^:]+)*: expected .+, received .*\.( .+[.?])?$/s;

/** The message of the error that f throws, which must be a NormtapeError in the one grammar. */
export function refusal(f: () => unknown): string {
  let thrown: unknown;
  try {
    f();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) throw new Error('nothing was thrown');
  if (!(thrown instanceof NormtapeError)) throw thrown;
  expect(thrown.message).to.match(GRAMMAR);
  return thrown.message;
}

/** The numbers in row-major order, whatever the strides. */
export const numbers = (x: Tensor | NdArray): readonly number[] =>
  [('toArray' in x ? x : tensor(x)).toArray() as unknown].flat(Infinity) as number[];

export function expectNear(actual: Tensor | undefined, expected: readonly number[], tolerance = 1e-12): void {
  const found = numbers(actual!);
  expect(found.length).to.equal(expected.length);
  found.forEach((value, i) => {
    const wanted = expected[i]!;
    expect(Math.abs(value - wanted), `${i}: ${value}, not ${wanted}`).to.be.at.most(
      tolerance * Math.max(1, Math.abs(wanted)),
    );
  });
}

export const float64 = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: 'float64' });

/** Random inputs besides x for a layer, as its definition declares them; the same for the same x. */
export const besideX = (
  { definition: { inputs = [] }, options }: NormalizationLayer,
  { shape, dtype }: Tensor,
): Record<string, Tensor> =>
  Object.fromEntries(
    inputs
      .filter(({ when }) => when?.(options) ?? true)
      .map((input, k) => {
        const sizes = input.shape(shape, options).map((size, i) => size ?? shape[i] ?? 2);
        return [input.name, randomNormal(sizes, { seed: 20 + k, dtype })];
      }),
  );

interface Definition {
  accepts?(shape: readonly number[], options: unknown): unknown;
}

/** The shape, with an axis of size 1 behind the first if the type accepts it in that way alone. */
export function shapeFor(type: NormalizationType, shape: readonly number[]): readonly number[] {
  const definition = norms[type] as Definition;
  const { options } = createNormalizationLayer(type as 'rms_norm');
  const accepted = (given: readonly number[]) => (definition.accepts?.(given, options) ?? true) === true;
  const longer = [shape[0]!, 1, ...shape.slice(1)];
  return !accepted(shape) && accepted(longer) ? longer : shape;
}

/** x in that shape. */
export const laidFor = (type: NormalizationType, x: Tensor): Tensor => reshape(x, shapeFor(type, x.shape));
