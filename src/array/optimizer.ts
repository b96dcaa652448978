import * as kernels from '../kernels/index.js';
import { type NdArray, empty } from './array.js';
import { flat } from './contiguous.js';

export type { Decay } from '../kernels/index.js';

/** A weight after a step, and what is remembered of it: new arrays of the shape and dtype of the weight. */
export interface Stepped {
  readonly value: NdArray;
  readonly memory: readonly NdArray[];
}

/** One step of one weight, whose gradient and memory have its shape and dtype. */
type Step<S> = (value: NdArray, gradient: NdArray, memory: readonly NdArray[], settings: S) => Stepped;

export const sgdStep = stepping(kernels.sgd);
export const adamStep = stepping(kernels.adam);
export const rmspropStep = stepping(kernels.rmsprop);
export const lionStep = stepping(kernels.lion);
export const lambStep = stepping(kernels.lamb);
export const adagradStep = stepping(kernels.adagrad);
export const nadamStep = stepping(kernels.nadam);

function stepping<S>(kernel: kernels.OptimizerKernel<S>): Step<S> {
  return (value, gradient, memory, settings) => {
    const room = () => empty(value.shape, value.dtype);
    const next = room();
    const nextMemory = memory.map(room);
    const numbers = nextMemory.map(({ store }) => store.numbers);
    kernel(flat(value), flat(gradient), memory.map(flat), next.store.numbers, numbers, settings);
    return { value: next, memory: nextMemory };
  };
}
