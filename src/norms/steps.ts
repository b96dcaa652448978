import { type Shape, across, broadcastShape, fromSource, positiveAxes, resized } from '../array/index.js';
import { NormtapeError } from '../error.js';
import type { Algebra, Formula } from './algebra.js';
import { descriptionOf } from './description.js';
import type { Norm } from './norm.js';
import { type Owned, shapesOf } from './owned.js';
import { besideShapes, secondInputsOf } from './second-inputs.js';
import { type Options, read as readOptions } from './option.js';

/** An expression of a formula: a number, a symbol, or an operation on others. */
export type Expression =
  | number
  | string
  | { readonly op: string; readonly of: readonly Expression[]; readonly over?: string | undefined };

/** One line of a formula: a symbol and what it stands for. */
export interface Step {
  readonly symbol: string;
  readonly expression: Expression;
}

interface Shaped {
  readonly shape: Shape;
  readonly expression: Expression;
}

/**
 * The formula of a norm line by line, the outputs last, under the options of its example with these changes; undefined if
 * the norm states none.
 */
export function stepsOf(norm: Norm, changes: object = {}): readonly Step[] | undefined {
  const { formula } = descriptionOf(norm);
  if (typeof formula !== 'function') return undefined;
  try {
    return written(norm, formula as Formula, changes);
  } catch (error) {
    if (error instanceof NormtapeError) throw error;
    const expected = 'a formula of the weights, statistics and options that the norm declares';
    const where = `${norm.type}.formula`;
    throw Object.assign(new NormtapeError({ where, expected, received: error }), { cause: error });
  }
}

function written(norm: Norm, formula: Formula, changes: object): readonly Step[] {
  const { outputs = [] } = norm;
  const { example } = descriptionOf(norm);
  const { shape } = fromSource(example.x, { dtype: 'float64' });
  const { values: given } = readOptions(norm.type, norm.options, { ...example.options, ...changes });
  const { values, symbols } = symbolic(norm.options, given);
  const steps: Step[] = [];
  const read = (specs: Readonly<Record<string, Owned<never>>> | undefined) =>
    Object.fromEntries(
      Object.entries(shapesOf(specs, shape, values as never)).map(([name, own]) => [
        name,
        { shape: own, expression: specs?.[name]?.symbol ?? name },
      ]),
    );
  const state = read(norm.state);
  const sizes = besideShapes(norm.inputs, shape, values as never);
  const inputs = Object.fromEntries(
    secondInputsOf(norm.inputs, values as never).map(({ name, symbol }) => [
      name,
      { shape: sizes[name]!, expression: symbol ?? name },
    ]),
  );
  const { outputs: results, state: after = {} } = formula(
    writing(steps, symbols),
    { shape, expression: 'x' } as Shaped,
    read(norm.parameters),
    values as never,
    { training: true, state, inputs },
  );
  results.forEach(({ expression }, k) => steps.push({ symbol: outputs[k]?.name ?? 'y', expression }));
  for (const [name, result] of Object.entries(after)) {
    if (result) steps.push({ symbol: name, expression: result.expression });
  }
  return steps;
}

/** Options whose numbers have symbols, each with a number of its own, by which a formula shows which one it uses. */
function symbolic(options: Options, given: object) {
  const symbols = new Map<number, string>();
  const values: Record<string, unknown> = { ...given };
  Object.entries(options).forEach(([name, option], k) => {
    if (option.kind !== 'number' && option.kind !== 'number or null') return;
    if (option.symbol === undefined || values[name] === null) return;
    const mark = Math.PI / (k + 10);
    symbols.set(mark, option.symbol);
    values[name] = mark;
  });
  return { values, symbols };
}

/** The algebra of expressions; names become steps. */
function writing(steps: Step[], symbols: ReadonlyMap<number, string>): Algebra<Shaped> {
  const operand = (x: Shaped | number): Shaped =>
    typeof x === 'number' ? { shape: [], expression: symbols.get(x) ?? x } : x;
  const binary = (op: string) => (x: Shaped | number, y: Shaped | number) => {
    const [a, b] = [operand(x), operand(y)];
    return { shape: broadcastShape(a.shape, b.shape), expression: { op, of: [a.expression, b.expression] } };
  };
  const unary =
    (op: string) =>
    ({ shape, expression }: Shaped) => ({ shape, expression: { op, of: [expression] } });
  const reduced = (op: string): Algebra<Shaped>['sum'] => {
    return ({ shape, expression }, axes, over) => ({
      shape: across(shape, axes),
      expression: { op, of: [expression], over },
    });
  };
  const concat: Algebra<Shaped>['concat'] = (parts, axis) => {
    const { shape, expression } = parts[0]!;
    const [at] = positiveAxes(axis, shape.length);
    const total = parts.reduce((sum, part) => sum + part.shape[at!]!, 0);
    const of = parts.map((part) => part.expression);
    const readsTheSame = new Set(of.map((part) => JSON.stringify(part))).size === 1;
    return {
      shape: resized(shape, axis, total),
      expression: readsTheSame ? expression : { op: 'concat', of },
    };
  };
  const [sub, mul, mean] = [binary('sub'), binary('mul'), reduced('mean')];
  return {
    shape: ({ shape }) => shape,
    reshape: ({ expression }, shape) => ({ shape, expression }),
    add: binary('add'),
    sub,
    mul,
    div: binary('div'),
    abs: unary('abs'),
    sqrt: unary('sqrt'),
    exp: unary('exp'),
    log: unary('log'),
    tanh: unary('tanh'),
    sin: unary('sin'),
    cos: unary('cos'),
    sigmoid: unary('sigmoid'),
    erf: unary('erf'),
    maximum: binary('maximum'),
    minimum: binary('minimum'),
    positive: unary('positive'),
    slice: ({ shape, expression }, axis, from, to, part = `${from}:${to}`) => ({
      shape: resized(shape, axis, to - from),
      expression: part === '' ? expression : { op: 'slice', of: [expression], over: part },
    }),
    concat,
    stop: unary('stop'),
    sum: reduced('sum'),
    mean,
    max: reduced('max'),
    count: () => ({ shape: [], expression: 'n' }),
    variance(x, center, axes, over) {
      const apart = sub(x, center);
      return mean(mul(apart, apart), axes, over);
    },
    name(symbol, { shape, expression }) {
      steps.push({ symbol, expression });
      return { shape, expression: symbol };
    },
  };
}
