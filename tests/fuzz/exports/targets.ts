import * as main from '../../../src/index.js';
import * as data from '../../../src/data/index.js';
import * as io from '../../../src/io/index.js';
import * as train from '../../../src/train/index.js';
import * as verify from '../../../src/verify/index.js';
import { GRADIENTS, MODULE, OPTIMIZER, TENSOR } from '../../../src/autograd/lessons.js';
import { arrays } from './arrays.js';
import { io as ioCalls } from './io.js';
import { models, instances } from './models.js';
import { norming } from './norms.js';
import { ops } from './ops.js';
import { made } from './made.js';
import { training } from './training.js';
import { type Arguments, type Calls } from './values.js';

/** A function of the public API, with a valid call of it. */
export interface Target {
  readonly name: string;
  /** The arguments of a valid call; undefined if none is written down. */
  readonly sample: Arguments | undefined;
  readonly call: (args: readonly unknown[]) => unknown;
}

const calls: Calls = { ...ops, ...models, ...training, ...norming, ...arrays, ...ioCalls };

type Callable = (this: unknown, ...args: readonly unknown[]) => unknown;
type Class = new (...args: readonly unknown[]) => object;

const isClass = (value: unknown): value is Class =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
const isNamespace = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Object.prototype.toString.call(value) === '[object Module]' ||
  [main.array, main.formulas, main.laws, main.option, main.parts, verify.arbitraries].some(
    (namespace) => namespace === value,
  );

/** Every function, class and method below a name. */
function* below(name: string, value: unknown): Generator<Target, void> {
  const within = (key: string): string => (name ? `${name}.${key}` : key);
  if (isNamespace(value)) for (const [key, inner] of Object.entries(value)) yield* below(within(key), inner);
  else if (isClass(value)) yield* PLUMBING.test(name) ? [] : ofClass(name, value);
  else if (typeof value === 'function')
    yield { name, sample: calls[name], call: (args) => (value as Callable)(...args) };
}

function* ofClass(name: string, value: Class): Generator<Target, void> {
  if (!isAbstract(name)) yield { name, sample: calls[name], call: (args) => new value(...args) };
  const make = instances[name] ?? (() => new value(...(calls[name]?.() ?? [])));
  for (const [method, owner] of methodsOf(value)) {
    // Inherited methods of a module are tried once.
    if (owner === 'Module' && name !== owner) continue;
    const sample = calls[`${name}.${method}`] ?? calls[`${owner}.${method}`];
    const call = (args: readonly unknown[]): unknown => {
      const self = make() as Readonly<Record<string, Callable>>;
      return self[method]!(...args);
    };
    yield { name: `${name}.${method}`, sample, call };
  }
}

/** Classes whose instances only the library makes: memory, and the methods of ndarray. */
const PLUMBING = /^array\.(Normalized|PlainArray)$/;

const isAbstract = (name: string): boolean => name === 'Module';

/** Methods that only throw a hint on what to write instead. */
const LESSONS: Readonly<Record<string, object>> = {
  Gradients: GRADIENTS,
  Module: MODULE,
  Optimizer: OPTIMIZER,
  Tensor: TENSOR,
};

/** Methods without arguments, and methods that only subclasses call. */
const INNER = new Set(
  'constructor toString toJSON memory start ruleOf selecting describe members shapes channelsOf slide maskShape biasShape project initialBias norm'.split(
    ' ',
  ),
);
const CALLED_BY_SUBCLASSES: Readonly<Record<string, RegExp>> = {
  step: /^(GRU|LSTM|SimpleRNN|Recurrent)$/,
  update: /^(?!ExponentialMovingAverage)/,
};
const isInner = (owner: string, method: string): boolean =>
  INNER.has(method) ||
  method in (LESSONS[owner] ?? {}) ||
  (CALLED_BY_SUBCLASSES[method]?.test(owner) ?? false);

/** The methods of a class and its base classes, each with the class that defines it. */
function methodsOf(value: Class): ReadonlyMap<string, string> {
  const methods = new Map<string, string>();
  let owner = value as { readonly name: string; readonly prototype: object };
  while (owner.prototype && (owner.prototype as unknown) !== Object.prototype) {
    for (const [name, { value: method }] of Object.entries(Object.getOwnPropertyDescriptors(owner.prototype)))
      if (typeof method === 'function' && !isInner(owner.name, name) && !methods.has(name))
        methods.set(name, owner.name);
    owner = Object.getPrototypeOf(owner) as typeof owner;
  }
  return methods;
}

/** All functions of the public API. */
export const targets: readonly Target[] = [
  ...below('', main),
  ...below('data', data),
  ...below('io', io),
  ...below('train', train),
  ...below('verify', verify),
  ...made,
];

/** Samples of names that are no longer exported. */
export const stale: readonly string[] = Object.keys(calls).filter(
  (name) => !/^(Optimizer|Module|Recurrent)\./.test(name) && !targets.some((target) => target.name === name),
);
