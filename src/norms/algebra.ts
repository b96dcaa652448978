import type { Axes, Shape } from '../array/index.js';

/**
 * The operations that a formula of a norm may use, on arrays T of some kind of number. Operands broadcast, and a
 * reduction keeps its axes with size 1. Implementations compute on a tape or in exact arithmetic, or write text or
 * code.
 */
export interface Algebra<T> {
  shape(x: T): Shape;
  reshape(x: T, shape: Shape): T;
  add(a: T | number, b: T | number): T;
  sub(a: T | number, b: T | number): T;
  mul(a: T | number, b: T | number): T;
  div(a: T | number, b: T | number): T;
  abs(x: T): T;
  sqrt(x: T): T;
  exp(x: T): T;
  log(x: T): T;
  tanh(x: T): T;
  sin(x: T): T;
  cos(x: T): T;
  /** σ(x) = 1 / (1 + exp(−x)). */
  sigmoid(x: T): T;
  /** The error function, 2/√π ∫₀ˣ exp(−t²) dt. */
  erf(x: T): T;
  /** The larger of every two; arrays that tie share the gradient in halves. */
  maximum(a: T, b: T | number): T;
  minimum(a: T, b: T | number): T;
  /** 1 where x is above 0, and 0 elsewhere: a constant, through which no gradient passes. */
  positive(x: T): T;
  /** The elements along the axis at `from` and later, before `to`; texts say which `part` that is, or nothing if it is ''. */
  slice(x: T, axis: number, from: number, to: number, part?: string): T;
  /** Arrays one after the other along the axis. Texts write parts that read the same once. */
  concat(parts: readonly T[], axis: number): T;
  /** x as a constant: no gradient passes. */
  stop(x: T): T;
  /** The sum over the axes; texts say `over` what, if it is not the group of the norm. */
  sum(x: T, axes: Axes, over?: string): T;
  mean(x: T, axes: Axes, over?: string): T;
  max(x: T, axes: Axes, over?: string): T;
  /** The count of the elements of x along the axes, which texts call n. */
  count(x: T, axes: Axes): T;
  /** The mean of (x − mean)², where `mean` is the mean of x over the same axes. */
  variance(x: T, mean: T, axes: Axes, over?: string): T;
  /** Returns x. Texts, laws and derivations call it by this symbol from here on. */
  name(symbol: string, x: T): T;
}

/** Arrays by name: weights, running statistics; those switched off are undefined. */
export type Named<T, K extends string = string> = { readonly [Name in K]?: T | undefined };

/** The circumstances that a formula is applied in. */
export interface Setting<T, S extends string = string> {
  readonly training: boolean;
  /** The running statistics so far. */
  readonly state: Readonly<Record<S, T>>;
  /** The inputs besides x, by name. */
  readonly inputs: Named<T>;
  /** Ones at the positions that count; undefined if all do. */
  readonly mask?: T | undefined;
}

/** The result of a formula. */
export interface Computed<T, S extends string = string> {
  readonly outputs: readonly T[];
  /** The running statistics from now on; left out if none moves. */
  readonly state?: Named<T, S>;
  /** The weights that this call sets, as a start from data does; left out if it sets none. */
  readonly parameters?: Named<T>;
}

interface WithFormula<P extends string, S extends string, O> {
  formula<T>(
    math: Algebra<T>,
    x: T,
    weights: Named<T, P>,
    options: O,
    setting: Setting<T, S>,
  ): Computed<T, S>;
}

/** The gradients that a backward pass returns, by name, and the running statistics that it leaves. */
export interface PulledBack<T, S extends string = string> {
  readonly x: T;
  readonly parameters: Named<T>;
  /** Left out if the backward pass moves none. */
  readonly state?: Named<T, S>;
}

interface WithGradientFormula<P extends string, S extends string, O> {
  formula<T>(
    math: Algebra<T>,
    x: T,
    weights: Named<T, P>,
    options: O,
    setting: Setting<T, S> & { readonly gradients: readonly T[] },
  ): PulledBack<T, S>;
}

/** A backward pass as one computation over any algebra, from the gradients of the outputs. */
export type GradientFormula<
  P extends string = string,
  S extends string = string,
  O = never,
> = WithGradientFormula<P, S, O>['formula'];

/** A norm as one computation over any algebra. A method's type, so that a norm of some options is a norm of any. */
export type Formula<P extends string = string, S extends string = string, O = never> = WithFormula<
  P,
  S,
  O
>['formula'];
