import { expect } from 'chai';
import { type Equation, derivationOf } from '../../../docs/derivation.js';
import {
  type NdArray,
  Random,
  type Shape,
  broadcastShape,
  copy,
  distance,
  draw,
  fromSource,
  full,
  onto,
  positiveAxes,
  reshape,
  sizeOf,
  sumTo,
} from '../../../src/array/index.js';
import { type Tensor, add, tensor, vjp, zeros } from '../../../src/index.js';
import type { Formula, GradientFormula } from '../../../src/norms/algebra.js';
import { type Norm, gradientKind } from '../../../src/norms/norm.js';
import { type Owned, shapesOf } from '../../../src/norms/owned.js';
import { read } from '../../../src/norms/option.js';
import { secondInputsOf } from '../../../src/norms/second-inputs.js';
import { taped } from '../../../src/verify/taped.js';
import { type NormalizationType, normalizationTypes, norms } from '../../support/every-norm.js';
import { evaluate } from './expression.js';

/** A number near 1, so that no logarithm or quotient loses digits, and no floor or clamp holds. */
const near = (random: Random) => () => (1 + 0.5 * random.uniform()) * (random.uniform() < 0.5 ? -1 : 1);

/** The value of every symbol of a norm and its gradient, as the tape derives it. */
function taken(norm: Norm, shape: Shape, given: object, random: Random) {
  const { values: options } = read(norm.type, norm.options, given);
  const leaf = (own: Shape) => tensor(draw(own, near(random), 'float64'));
  /** Statistics are above 0, as variances are. */
  const above = (own: Shape) => tensor(draw(own, () => Math.abs(near(random)()), 'float64'));
  const owned = (specs: Readonly<Record<string, Owned<never>>> | undefined, made = leaf) =>
    Object.entries(shapesOf(specs, shape, options as never)).map(
      ([name, own]) => [name, specs?.[name]?.symbol ?? name, made(own)] as const,
    );
  const [weights, state] = [owned(norm.parameters), owned(norm.state, above)];
  const inputs = secondInputsOf(norm.inputs, options).map(
    ({ name, symbol, shape: sizes }) =>
      [name, symbol ?? name, leaf(sizes(shape, options).map((size, i) => size ?? shape[i] ?? 2))] as const,
  );
  const arrays = Object.fromEntries(state.map(([name, , s]) => [name, s.value]));
  const situation = { training: true, state: arrays };
  const x = leaf(shape);
  const symbols = new Map<string, Tensor>([
    ['x', x],
    ...[...weights, ...inputs].map(([, symbol, w]) => [symbol, w] as const),
  ]);
  const values = new Map<string, NdArray>(state.map(([, symbol, s]) => [symbol, s.value]));
  const named = (entries: typeof weights) => Object.fromEntries(entries.map(([name, , w]) => [name, w]));
  // The gradient of an intermediate result is that of a 0 added to it.
  const watching = {
    ...taped,
    name(symbol: string, y: Tensor) {
      const nothing = zeros(y.shape, { dtype: 'float64' });
      symbols.set(symbol, nothing);
      values.set(symbol, copy(y.value));
      return add(y, nothing);
    },
  };
  const { value: outputs, pullback } = vjp(
    () =>
      (norm.formula as Formula)(watching, x, named(weights), options as never, {
        training: true,
        state: named(state),
        inputs: named(inputs),
      }).outputs,
  );
  const seeds = outputs.map((y) => leaf(y.shape));
  const gradients = pullback(seeds);
  const gradientOf = new Map([...symbols].map(([symbol, t]) => [symbol, gradients.of(t)?.value] as const));
  for (const [symbol, t] of symbols) if (!values.has(symbol)) values.set(symbol, t.value);
  if (norm.gradient?.formula && gradientKind(norm, options, situation) === 'approximate') {
    const setting = { training: true, state: named(state), inputs: named(inputs), gradients: seeds };
    const pulled = (norm.gradient.formula as GradientFormula)(
      taped,
      x,
      named(weights),
      options as never,
      setting,
    );
    gradientOf.set('x', pulled.x.value);
    for (const [name, symbol] of weights) gradientOf.set(symbol, pulled.parameters[name]!.value);
  }
  const names = norm.outputs?.map(({ name }) => name) ?? ['y'];
  seeds.forEach((seed, k) => gradientOf.set(names[k]!, seed.value));
  const leaves = ['x', ...[...weights, ...inputs].map(([, symbol]) => symbol)];
  return { options, leaves, values, gradientOf };
}

/** A symbol that a formula does not name for this shape, such as a statistic of positions that it lacks. */
class Unnamed extends Error {}

const isSpread = (shape: Shape, over: Shape): boolean => {
  try {
    return sizeOf(broadcastShape(shape, over)) === sizeOf(over);
  } catch {
    return false;
  }
};

/**
 * Checks equations of a derivation against the gradients that the tape derives of the symbols on their left, and that x,
 * every weight, every input besides x and, if the formula names intermediate results, one of these are among them, or
 * among those of `base`, which hold for all options. False, and nothing checked, if groups differ in size.
 */
function check(
  type: NormalizationType,
  equations: readonly Equation[],
  base: readonly Equation[],
  { shape, given, random }: { readonly shape: Shape; readonly given: object; readonly random: Random },
): boolean {
  const norm: Norm = norms[type];
  const { options, leaves, values, gradientOf } = taken(norm, shape, given, random);
  // Groups are split off: then that is the layout that all others are brought into.
  const whole = [...values.values()].find(
    (a) => a.shape.length > shape.length && sizeOf(a.shape) === sizeOf(shape),
  );
  // Chunks of several sizes have no common N.
  const unit = values.get('x̂');
  if (unit && sizeOf(unit.shape) < sizeOf(shape)) return false;
  const layout = whole?.shape ?? shape;
  const split = layout.findIndex((n, i) => n !== shape[i]);
  const axes = positiveAxes((options['axis'] ?? -1) as number, shape.length);
  const laid = (a: NdArray): NdArray => {
    if (sizeOf(a.shape) === sizeOf(layout)) return reshape(a, layout);
    const learned = sizeOf(a.shape) === sizeOf(axes.map((axis) => shape[axis]!));
    if (layout === shape && learned && !isSpread(a.shape, layout)) return reshape(a, onto(shape, axes));
    if (layout !== shape && learned) {
      const own = axes.flatMap((at) => (at < split ? [at] : at > split ? [at + 1] : [at, at + 1]));
      return reshape(
        a,
        layout.map((n, i) => (own.includes(i) ? n : 1)),
      );
    }
    if (isSpread(a.shape, layout) && a.shape.length === layout.length) return a;
    // A part for each sample and feature.
    if (a.shape.length === 2 && shape.length > 2 && a.shape[0] === shape[0] && a.shape[1] === shape[axes[0]!])
      return reshape(a, onto(shape, [0, axes[0]!]));
    // An output without the axis that its scores are taken along; a weight of leading ones.
    const kept = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
    return sizeOf(a.shape) === sizeOf(kept) && a.shape.length > 0 ? reshape(a, kept) : a;
  };
  const symbolOf = new Map(
    Object.entries(norm.options).flatMap(([name, option]) =>
      (option.kind === 'number' || option.kind === 'number or null') && option.symbol
        ? [[option.symbol, Number(options[name])] as const]
        : [],
    ),
  );
  const size = (symbol: string): number => sizeOf(laid(values.get(symbol)!).shape);
  const counts: Readonly<Record<string, () => number>> = {
    n: () => size('x') / size('N'),
    k: () => size('h') / size('N'),
    size: () => Number(options['size']),
    K: () => size('x') / size('N'),
    n_B: () => size('x') / size(values.has('B') ? 'B' : 'x̄_B'),
    n_I: () => size('x') / size(values.has('S') ? 'S' : 'x̄_I'),
    n_L: () => size('x') / size('x̄_L'),
    M: () => size('N') / size('q'),
    C: () => size('G') / size('μ'),
  };
  const of = (symbol: string): NdArray => {
    const value =
      values.get(symbol) ?? (symbol.startsWith('d') ? gradientOf.get(symbol.slice(1)) : undefined);
    if (value) return laid(value);
    const number = symbolOf.get(symbol) ?? counts[symbol]?.();
    if (number === undefined) throw new Unnamed(`${type}: nothing is called ${symbol}`);
    return full([], number, 'float64');
  };
  for (const { symbol, expression } of equations) {
    const expected = of(`d${symbol}`);
    const actual = evaluate(expression, { of, left: expected.shape });
    const off =
      distance(sumTo(actual, expected.shape), expected) /
      Math.max(1, distance(expected, full([], 0, 'float64')));
    expect(off, `d${symbol} = ${expression}`).to.be.below(1e-10);
  }
  const derived = [...base, ...equations].map(({ symbol }) => symbol);
  expect(derived).to.include.members(leaves);
  expect(derived.length).to.be.at.least(Math.min(2, values.size));
  return true;
}

/** The equations for each set of options that they are stated for. */
const byOptions = (equations: readonly Equation[]): readonly (readonly Equation[])[] =>
  [...new Set(equations.map(({ given }) => given))].map((given) =>
    equations.filter((equation) => equation.given === given),
  );

describe('derivations', () => {
  for (const type of normalizationTypes)
    it(`of ${type} give the gradients that the tape derives, line by line`, () => {
      const norm: Norm = norms[type];
      for (const seed of [1, 2, 3]) {
        const random = new Random(seed);
        let checked = 0;
        let unnamed: Unnamed | undefined;
        const [base, ...variants] = byOptions(derivationOf(type).equations);
        for (const equations of [base!, ...variants]) {
          const given = { ...norm.example.options, ...equations[0]!.given };
          const { values } = read(type, norm.options, given);
          // No size is a product of others, by which arrays are told apart.
          const accepted = [
            [5, 6],
            [6, 5],
            [3, 5, 4],
          ].filter((shape) => (norm.accepts?.(shape, values) ?? true) === true);
          const example = fromSource(norm.example.x, { dtype: 'float64' }).shape;
          for (const shape of accepted.length > 0 ? accepted : [example])
            try {
              if (check(type, equations, base!, { shape, given, random })) checked++;
            } catch (error) {
              if (!(error instanceof Unnamed)) throw error;
              unnamed = error;
            }
        }
        expect(checked, unnamed?.message).to.be.above(0);
      }
    });
});
