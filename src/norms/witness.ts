import {
  type NdArray,
  add,
  along,
  cast,
  concat,
  curve,
  div,
  full,
  map,
  max,
  maximum,
  mean,
  minimum,
  mul,
  onAxis,
  reshape,
  sizeOf,
  sliceView,
  square,
  sub,
  sum,
} from '../array/index.js';
import { NormtapeError } from '../error.js';
import type { Algebra, Computed, Formula } from './algebra.js';
import type { Witness, WitnessCase } from './law.js';
import { descriptionOf } from './description.js';
import type { Norm } from './norm.js';

type Arrays = Readonly<Record<string, NdArray>>;
type Operand = NdArray | number;

const lifted = (x: Operand): NdArray => (typeof x === 'number' ? full([], x, 'float64') : x);
const binary = (f: (a: NdArray, b: NdArray) => NdArray) => (a: Operand, b: Operand) =>
  f(lifted(a), lifted(b));
const unary = (f: (x: number) => number) => (x: NdArray) => map(x, f);

/** The algebra of formulas on plain arrays in float64; names do nothing. */
const onArrays: Algebra<NdArray> = {
  shape: ({ shape }) => shape,
  reshape,
  add: binary(add),
  sub: binary(sub),
  mul: binary(mul),
  div: binary(div),
  abs: unary(Math.abs),
  sqrt: unary(Math.sqrt),
  exp: unary(Math.exp),
  log: unary(Math.log),
  tanh: unary(Math.tanh),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  erf: (x) => curve('erf', x),
  maximum: binary(maximum),
  minimum: binary(minimum),
  positive: unary((x) => Number(x > 0)),
  slice: (x, axis, from, to) => sliceView(x, onAxis(axis, x.shape.length, [from, to])),
  concat,
  stop: (x) => x,
  sum,
  mean,
  max,
  count: ({ shape }, axes) => full([], sizeOf(along(shape, axes)), 'float64'),
  variance: (x, center, axes) => mean(square(sub(x, center)), axes),
  name: (_, x) => x,
};

/** Computes the formula of a norm in training, in float64; throws if the norm states none. */
export function witness<O>(
  norm: Norm,
  x: NdArray,
  { options, weights, inputs = {}, state, replaced = {} }: WitnessCase<O>,
): Witness {
  const { type } = norm;
  const { formula } = descriptionOf(norm);
  if (typeof formula !== 'function') {
    throw new NormtapeError({
      where: `${type}.formula`,
      expected: 'a function of an algebra, which the laws of x̂ read',
      received: formula,
      hint: 'State it, or leave these laws out: the claims of gradients stay.',
    });
  }
  const named = new Map<string, NdArray>();
  const math: Algebra<NdArray> = {
    ...onArrays,
    name(symbol, value) {
      const number = replaced[symbol];
      const result = number === undefined ? value : full(value.shape, number, 'float64');
      named.set(symbol, result);
      return result;
    },
  };
  const wide = (arrays: Arrays): Arrays =>
    Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, cast(a, 'float64')]));
  const setting = { training: true, state: wide(state), inputs: wide(inputs) };
  const { outputs }: Computed<NdArray> = (formula as Formula)(
    math,
    cast(x, 'float64'),
    wide(weights),
    options as never,
    setting,
  );
  return {
    outputs,
    of(symbol) {
      const value = named.get(symbol);
      if (value !== undefined) return value;
      throw new NormtapeError({
        where: `${type}.formula`,
        expected: `an intermediate result named ${symbol}`,
        received: [...named.keys()],
        hint: `Name it with math.name('${symbol}', …).`,
      });
    },
  };
}
