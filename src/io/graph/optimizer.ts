import { type Shape, flat } from '../../array/index.js';
import type { Parameter } from '../../autograd/parameter.js';
import { NormtapeError } from '../../error.js';
import type { Module } from '../../nn/module.js';
import { type Optimizer, ruleFor, slotsFor } from '../../optim/optimizer.js';
import { binary, constant, input, reduce, reshape, unary } from './builder.js';
import { METHODS, type Method } from './methods.js';
import type { Node, Output } from './node.js';
import { type Options, add } from './step.js';

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

/** An optimizer whose step graphs make: any of the package. */
export type GraphOptimizer = Pick<Optimizer, 'rate' | 'stateDict' | 'loadStateDict'>;

/** Gradients scaled down together so that their length as one vector is at most `longest`, as by `clipByGlobalNorm`. */
export function clipped(moving: readonly Moving[], longest: number): readonly Moving[] {
  const squares = moving.map(({ gradient }) => {
    const all = [...gradient.shape.keys()];
    return reshape(reduce('sum', binary('mul', gradient, gradient), all), []);
  });
  if (squares.length === 0) return moving;
  const length = unary(
    'sqrt',
    squares.reduce((a, b) => binary('add', a, b)),
  );
  const factor = binary('minimum', 1, binary('div', longest, length));
  return moving.map((one) => ({ ...one, gradient: binary('mul', one.gradient, factor) }));
}

/** The parameters and memories after one step of an optimizer, and the count of its steps if it needs that. */
export function updates(
  where: string,
  model: Module,
  given: GraphOptimizer,
  moving: readonly Moving[],
): Updated[] {
  const method = METHODS.find(({ made }) => given instanceof made);
  if (!method) {
    const expected = 'an optimizer of the package';
    throw new NormtapeError({ where: `${where}.optimizer`, expected, received: given });
  }
  const optimizer = given as unknown as Optimizer<never>;
  const held = moving.filter(({ parameter }) => parameter.constraint);
  if (held.length > 0) {
    const received = held.map(({ name }) => name).join(', ');
    throw new NormtapeError({ where, expected: 'trainable weights without a constraint', received });
  }
  const { names } = optimizer;
  optimizer.names ??= model;
  try {
    return stepped(where, model, optimizer, method, moving);
  } finally {
    optimizer.names = names;
  }
}

function stepped(
  where: string,
  model: Module,
  optimizer: Optimizer<never>,
  method: Method,
  moving: readonly Moving[],
): Updated[] {
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
  const products = new Map<string, Node>();
  for (const { name, parameter, value, gradient } of moving) {
    const rule = ruleFor(optimizer, parameter);
    const own = rule.learningRate;
    if (typeof own === 'function') {
      const expected = `a number as the learning rate of the group of ${name}`;
      throw new NormtapeError({ where: `${where}.optimizer`, expected, received: own });
    }
    const before = flatOf(remembered[`${name}.steps`])?.[0] ?? 0;
    const slots = slotsFor(optimizer, parameter);
    const after = method.step(
      {
        value,
        gradient,
        rate: own === undefined ? learningRate : constant([own * optimizer.rateFactor], []),
        steps: () => stepsFrom(before),
        slots: slots.map((slot) => slot.name),
        memory: (slot) =>
          memory(
            `optimizer.${name}.${slot}`,
            flatOf(remembered[`${name}.${slot}`]) ?? slots.find((one) => one.name === slot)!.start,
            parameter.shape,
          ),
        product(kind, factor, next) {
          const key = `${before} ${kind}`;
          const known = products.get(key);
          if (known) return known;
          const own = `optimizer.product${products.size === 0 ? '' : `_${products.size}`}`;
          let start = 1;
          for (let step = 1; step <= before; step++) start *= factor(step);
          const node = number(own, start);
          products.set(key, node);
          made.push({ name: `next.${own}`, node: next(node) });
          return node;
        },
      },
      rule.options as Options,
    );
    made.push({ name: `next.${name}`, node: after.value });
    for (const [slot, node] of Object.entries(after.memory))
      made.push({ name: `next.optimizer.${name}.${slot}`, node });
  }
  return made;
}

const flatOf = (array: Parameters<typeof flat>[0] | undefined): ArrayLike<number> | undefined =>
  array && flat(array);

/** The memory of a parameter before a step, and what it starts from. */
const memory = (name: string, start: ArrayLike<number> | number, shape: Shape): Node => {
  const size = shape.reduce((product, n) => product * n, 1);
  return withStart(input(name, shape), typeof start === 'number' ? Array<number>(size).fill(start) : start);
};

/** An input that has a value to start from. */
const withStart = (node: Node, data: ArrayLike<number>): Node => ({
  ...node,
  kind: 'weight',
  attributes: { ...node.attributes, data: Array.from(data) },
});
