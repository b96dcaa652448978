import type { Axes, Shape } from '../../src/array/index.js';
import {
  add,
  div,
  exp,
  log,
  max,
  maximum,
  mean,
  mul,
  reshape,
  sqrt,
  sub,
  sum,
  tanh,
} from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

/**
 * What the formulas are written in: arrays T of some kind of number. Operands are broadcast, and what is taken over
 * axes keeps these at size 1. One formula can so be computed on a tape, in other libraries, or with other numbers.
 */
export interface Algebra<T> {
  shape(x: T): Shape;
  reshape(x: T, shape: Shape): T;
  add(a: T | number, b: T | number): T;
  sub(a: T | number, b: T | number): T;
  mul(a: T | number, b: T | number): T;
  div(a: T | number, b: T | number): T;
  sqrt(x: T): T;
  exp(x: T): T;
  log(x: T): T;
  tanh(x: T): T;
  /** The larger of x and a constant. */
  maximum(x: T, least: number): T;
  sum(x: T, axes: Axes): T;
  mean(x: T, axes: Axes): T;
  max(x: T, axes: Axes): T;
  /** The mean of the squares of what is left without the mean. */
  variance(x: T, axes: Axes): T;
}

const kept = { keepDims: true } as const;

/** The formulas on Normtape's own tape. */
export const taped: Algebra<Tensor> = {
  shape: ({ shape }) => shape,
  reshape,
  add,
  sub,
  mul,
  div,
  sqrt,
  exp,
  log,
  tanh,
  maximum,
  sum: (x, axes) => sum(x, axes, kept),
  mean: (x, axes) => mean(x, axes, kept),
  max: (x, axes) => max(x, axes, kept),
  variance(x, axes) {
    const centered = sub(x, mean(x, axes, kept));
    return mean(mul(centered, centered), axes, kept);
  },
};
