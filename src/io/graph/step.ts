import { type Operand, binary, scalar, unary } from './builder.js';
import type { Node } from './node.js';

// What the steps of optimizers have in common, over nodes.

export const add = (a: Operand, b: Operand): Node => binary('add', a, b);
export const sub = (a: Operand, b: Operand): Node => binary('sub', a, b);
export const mul = (a: Operand, b: Operand): Node => binary('mul', a, b);
export const div = (a: Operand, b: Operand): Node => binary('div', a, b);
export const greater = (a: Operand, b: Operand): Node => binary('greater', a, b);
export const sqrt = (x: Node): Node => unary('sqrt', x);
export const square = (x: Node): Node => mul(x, x);

/** One parameter of a step, its memory, and what all share. */
export interface Given {
  readonly value: Node;
  readonly gradient: Node;
  readonly rate: Node;
  /** The number of this step, from 1. */
  readonly steps: () => Node;
  /** The names of the arrays in its memory. */
  readonly slots: readonly string[];
  memory(slot: string): Node;
  /**
   * A product of one factor a step, of the numbers of all steps so far: what it is before this step, and a way to say what it
   * is after it. `factor` computes that of a step, by its number.
   */
  product(name: string, factor: (step: number) => number, next: (before: Node) => Node): Node;
}

export interface Stepped {
  readonly value: Node;
  readonly memory: Readonly<Record<string, Node>>;
}

/** The settings of an optimizer, of all kinds. */
export type Options = Readonly<Record<string, number | boolean | string>>;

export const numbersIn = <K extends string>(options: Options, ...names: readonly K[]): Record<K, number> =>
  Object.fromEntries(names.map((name) => [name, options[name]])) as Record<K, number>;

export const isKeras = (options: Options): boolean => options['convention'] === 'keras';

/** w (1 − η λ), or the gradient g + λ w. */
export function decayed({ value, gradient, rate }: Given, weightDecay: number, isDecoupled: boolean) {
  if (weightDecay === 0) return { value, gradient };
  return isDecoupled
    ? { value: mul(value, sub(1, mul(rate, weightDecay))), gradient }
    : { value, gradient: add(gradient, mul(weightDecay, value)) };
}

/** before + (1 − β) (now − before). */
export const blend = (before: Node, now: Node, beta: number): Node =>
  add(before, mul(1 - beta, sub(now, before)));

/** bᵗ, also for a base of 0. */
export const power = (base: number, exponent: Operand): Node =>
  base === 0 ? scalar(0) : unary('exp', mul(exponent, Math.log(base)));

/** 1 − βᵗ. */
export const left = (given: Given, beta: number): Node =>
  beta === 0 ? scalar(1) : sub(1, power(beta, given.steps()));
