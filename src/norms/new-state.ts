import type { NdArray } from '../array/index.js';
import type { Norm, OptionsOf } from './norm.js';
import { allocate } from './owned.js';

/**
 * The running statistics with which a new layer computes its first output, from this x: those that start from data have
 * started. No layer ever computes with what stands in their place before that.
 */
export function newState<N extends Norm>(
  { state, start }: N,
  x: NdArray,
  options: OptionsOf<N>,
): Readonly<Record<string, NdArray>> {
  const declared = allocate(state, x.shape, options, { dtype: x.dtype });
  const started: Readonly<Record<string, NdArray | undefined>> = start?.(x, options) ?? {};
  return Object.fromEntries(Object.entries(declared).map(([name, value]) => [name, started[name] ?? value]));
}
