import { type NdArray, cast, flat, fromFlat } from '../array/index.js';
import { Parameter } from '../autograd/parameter.js';

/** y = gain ⊙ (x − center) + shift, for each feature; each part in float64, one number a feature. */
export interface FeatureMap {
  readonly center: Float64Array;
  readonly gain: Float64Array;
  readonly shift: Float64Array;
}

/** The side of a layer on which a map of features stands: of its inputs, or of its outputs. */
export type Side = 'inputs' | 'outputs';

/** The feature of the input and of the output that a number of a kernel joins. */
export type Joins = (index: number) => { readonly input: number; readonly output: number };

/** The weights of a layer that multiplies by a kernel and adds a bias. */
export interface Linear {
  readonly kernel: Parameter;
  readonly bias: Parameter | undefined;
  readonly outputs: number;
  readonly joins: Joins;
}

/** The kernel and bias with which a layer computes a map of its inputs or outputs too, rounded once to their dtype. */
export function absorbed(
  { kernel, bias, outputs, joins }: Linear,
  side: Side,
  { center, gain, shift }: FeatureMap,
): { readonly kernel: NdArray; readonly bias: NdArray } {
  const { shape, dtype } = kernel;
  const before = flat(cast(kernel.value, 'float64'));
  const after = new Float64Array(before.length);
  const sums = bias ? Float64Array.from(flat(cast(bias.value, 'float64'))) : new Float64Array(outputs);
  before.forEach((weight, i) => {
    const { input, output } = joins(i);
    if (side === 'outputs') after[i] = weight * gain[output]!;
    else {
      after[i] = weight * gain[input]!;
      sums[output] = sums[output]! + weight * (shift[input]! - center[input]! * gain[input]!);
    }
  });
  if (side === 'outputs') sums.forEach((b, o) => (sums[o] = (b - center[o]!) * gain[o]! + shift[o]!));
  return {
    kernel: cast(fromFlat(after, shape), dtype),
    bias: cast(fromFlat(sums, [outputs]), dtype),
  };
}

/** The key of the method that gives the weights of a layer to those that change them. */
export const LINEAR = Symbol('linear');

/** The key of the method that says which features a number of the kernel joins. */
export const JOINS = Symbol('joins');

/** A layer whose kernel and bias can take a map of its inputs or outputs in. */
export interface Absorbing {
  kernel: Parameter | undefined;
  bias: Parameter | undefined;
  /** Its weights, or the reason, in words, why it can take no map in on this side. */
  [LINEAR](side: Side): Linear | string;
}

/** Gives a layer the weights with which it computes the map too; does nothing if it can take none in. */
export function absorb(layer: Absorbing, side: Side, map: FeatureMap): void {
  const linear = layer[LINEAR](side);
  if (typeof linear === 'string') return;
  const { kernel, bias } = absorbed(linear, side, map);
  linear.kernel.value = kernel;
  if (linear.bias) linear.bias.value = bias;
  else layer.bias = new Parameter(bias, { trainable: linear.kernel.trainable });
}
