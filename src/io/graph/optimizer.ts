import { type Shape, flat } from '../../array/index.js';
import type { Parameter } from '../../autograd/parameter.js';
import { NormtapeError } from '../../error.js';
import type { Module } from '../../nn/module.js';
import { Adam, AdamW } from '../../optim/adam.js';
import { type Optimizer, ruleFor } from '../../optim/optimizer.js';
import { SGD } from '../../optim/sgd.js';
import { type Operand, binary, constant, input, unary } from './builder.js';
import type { Node, Output } from './node.js';

/** The input that holds the learning rate. */
export const LEARNING_RATE = 'learning_rate';

/** A value that a step leaves. */
export type Updated = Output<number>;

/** A parameter with its gradient, before its step. */
export interface Moving {
  readonly name: string;
  readonly parameter: Parameter;
  readonly value: Node;
  readonly gradient: Node;
}

const add = (a: Operand, b: Operand): Node => binary('add', a, b);
const sub = (a: Operand, b: Operand): Node => binary('sub', a, b);
const mul = (a: Operand, b: Operand): Node => binary('mul', a, b);
const div = (a: Operand, b: Operand): Node => binary('div', a, b);

/** One parameter of a step, its memory, and what all share. */
interface Given {
  readonly value: Node;
  readonly gradient: Node;
  readonly rate: Node;
  /** The number of this step, from 1. */
  readonly steps: () => Node;
  memory(slot: string): Node;
}

interface Stepped {
  readonly value: Node;
  readonly memory: Readonly<Record<string, Node>>;
}

/** The settings of an optimizer, of all kinds. */
type Options = Readonly<Record<string, number | boolean | string>>;

interface Method {
  readonly made: abstract new (...given: never[]) => object;
  step(given: Given, options: Options): Stepped;
}

/** w (1 − η λ), or the gradient g + λ w. */
function decayed({ value, gradient, rate }: Given, weightDecay: number, isDecoupled: boolean) {
  if (weightDecay === 0) return { value, gradient };
  return isDecoupled
    ? { value: mul(value, sub(1, mul(rate, weightDecay))), gradient }
    : { value, gradient: add(gradient, mul(weightDecay, value)) };
}

/** w − η g; with momentum v ← μ v + η g, then w − v, or with Nesterov w − (η g + μ v). PyTorch keeps η out of v. */
function sgd(given: Given, options: Options): Stepped {
  const isKeras = options['convention'] === 'keras';
  const momentum = options['momentum'] as number;
  const { value, gradient } = decayed(given, options['weightDecay'] as number, isKeras);
  const push = isKeras ? mul(given.rate, gradient) : gradient;
  const out = (move: Node): Node => sub(value, isKeras ? move : mul(given.rate, move));
  if (momentum === 0) return { value: out(push), memory: {} };
  const velocity = add(mul(momentum, given.memory('velocity')), push);
  const move = options['nesterov'] === true ? add(push, mul(momentum, velocity)) : velocity;
  return { value: out(move), memory: { velocity } };
}

/** w − η ĉ m / (√v + ε) with m and v as running means of g and g², and ĉ = √(1 − β₂ᵗ) / (1 − β₁ᵗ). */
function adam(given: Given, options: Options, isDecoupled: boolean): Stepped {
  const [beta1, beta2, epsilon] = ['beta1', 'beta2', 'epsilon'].map((name) => options[name] as number) as [
    number,
    number,
    number,
  ];
  const { value, gradient } = decayed(given, options['weightDecay'] as number, isDecoupled);
  const blend = (slot: string, now: Node, beta: number): Node => {
    const before = given.memory(slot);
    return add(before, mul(1 - beta, sub(now, before)));
  };
  const mean = blend('mean', gradient, beta1);
  const square = blend('square', mul(gradient, gradient), beta2);
  // 1 − βᵗ.
  const left = (beta: number): Node =>
    beta === 0 ? constant([1], []) : sub(1, unary('exp', mul(given.steps(), Math.log(beta))));
  const correction = unary('sqrt', left(beta2));
  const rate = div(mul(given.rate, correction), left(beta1));
  const least = options['convention'] === 'keras' ? epsilon : mul(epsilon, correction);
  const isGrowing = options['amsgrad'] === true;
  const used = isGrowing ? binary('maximum', given.memory('largest_square'), square) : square;
  return {
    value: sub(value, div(mul(rate, mean), add(unary('sqrt', used), least))),
    memory: { mean, square, ...(isGrowing && { largest_square: used }) },
  };
}

const METHODS: readonly Method[] = [
  { made: SGD, step: sgd },
  { made: AdamW, step: (given, options) => adam(given, options, true) },
  { made: Adam, step: (given, options) => adam(given, options, options['convention'] === 'keras') },
];

/** An optimizer whose step graphs make. */
export type GraphOptimizer = SGD | Adam | AdamW;

/** The parameters and memories after one step of an optimizer, and the count of its steps if it needs that. */
export function updates(
  where: string,
  model: Module,
  optimizer: GraphOptimizer,
  moving: readonly Moving[],
): Updated[] {
  const method = METHODS.find(({ made }) => optimizer instanceof made);
  if (!method) {
    const received = (optimizer as { readonly where?: unknown } | null)?.where ?? optimizer;
    throw new NormtapeError({
      where: `${where}.optimizer`,
      expected: 'an SGD, an Adam or an AdamW',
      received,
    });
  }
  const held = moving.filter(({ parameter }) => parameter.constraint);
  if (held.length > 0) {
    const received = held.map(({ name }) => name).join(', ');
    throw new NormtapeError({ where, expected: 'trainable weights without a constraint', received });
  }
  const remembered = optimizer.stateDict(model);
  const number = (name: string, value: number): Node => withStart(input(name, []), [value]);
  const learningRate = number(LEARNING_RATE, optimizer.rate);
  const counts = new Map<number, Node>();
  const made: Updated[] = [];
  const stepsFrom = (before: number): Node => {
    const known = counts.get(before);
    if (known) return known;
    const name = counts.size === 0 ? 'optimizer.steps' : `optimizer.steps_${counts.size}`;
    const after = add(number(name, before), 1);
    counts.set(before, after);
    made.push({ name: `next.${name}`, node: after });
    return after;
  };
  for (const { name, parameter, value, gradient } of moving) {
    const rule = ruleFor(optimizer as unknown as Optimizer<never>, parameter);
    const own = rule.learningRate;
    if (typeof own === 'function') {
      const expected = `a number as the learning rate of the group of ${name}`;
      throw new NormtapeError({ where: `${where}.optimizer`, expected, received: own });
    }
    const before = flatOf(remembered[`${name}.steps`])?.[0] ?? 0;
    const stepped = method.step(
      {
        value,
        gradient,
        rate: own === undefined ? learningRate : constant([own * optimizer.rateFactor], []),
        steps: () => stepsFrom(before),
        memory: (slot) =>
          memory(`optimizer.${name}.${slot}`, flatOf(remembered[`${name}.${slot}`]), parameter.shape),
      },
      rule.options as Options,
    );
    made.push({ name: `next.${name}`, node: stepped.value });
    for (const [slot, node] of Object.entries(stepped.memory))
      made.push({ name: `next.optimizer.${name}.${slot}`, node });
  }
  return made;
}

const flatOf = (array: Parameters<typeof flat>[0] | undefined): ArrayLike<number> | undefined =>
  array && flat(array);

/** The memory of a parameter before a step, and what it starts from. */
const memory = (name: string, start: ArrayLike<number> | undefined, shape: Shape): Node =>
  withStart(input(name, shape), start ?? new Float64Array(shape.reduce((size, n) => size * n, 1)));

/** An input that has a value to start from. */
const withStart = (node: Node, data: ArrayLike<number>): Node => ({
  ...node,
  kind: 'weight',
  attributes: { ...node.attributes, data: Array.from(data) },
});
