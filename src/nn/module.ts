import { type NdArray, type Source, cast, copy, fromSource, sameShape } from '../array/index.js';
import { Parameter } from '../autograd/parameter.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError, suggest } from '../error.js';
import { snakeCase } from '../option/case.js';

/** An array that a module remembers and saves, but does not learn, such as a running mean. */
export class Statistic {
  constructor(public value: NdArray) {}
}

/** What a module may hold: weights by name, as NdArrays, tensors or nested lists. */
export type StateDict = Readonly<Record<string, Source | Tensor>>;

type Weight = Parameter | Statistic;

/** Whatever has parameters. Subclasses keep layers in fields, and write forward. */
export abstract class Module {
  training = true;
  trainable = true;

  abstract forward(...inputs: never[]): unknown;

  /** Whether every weight is there; a layer that is built by its first input says so itself. */
  get built(): boolean {
    return [...this.#walk()].every(([, member]) => !(member instanceof Module) || member.built);
  }

  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  /** Parameters by dotted snake_case name, such as attention_norm.gamma. */
  namedParameters(): ReadonlyMap<string, Parameter> {
    return new Map(
      this.#weights().filter((named): named is [string, Parameter] => named[1] instanceof Parameter),
    );
  }

  train(): this {
    return this.#everywhere({ training: true });
  }

  eval(): this {
    return this.#everywhere({ training: false });
  }

  /** Keeps optimizers off the parameters there are and those still to be built. */
  freeze(): this {
    return this.#everywhere({ trainable: false });
  }

  unfreeze(): this {
    return this.#everywhere({ trainable: true });
  }

  /** A copy of every weight, running statistics included. */
  stateDict(): Record<string, NdArray> {
    return Object.fromEntries(this.#weights().map(([name, { value }]) => [name, copy(value)]));
  }

  /** Takes weights over, cast to the dtype of each; checks all of them before it changes one. */
  loadStateDict(dict: StateDict, { strict = true }: { readonly strict?: boolean } = {}): void {
    const where = 'loadStateDict';
    if (!this.built) {
      const hint = 'Build it first: give it an input.';
      throw new NormtapeError({
        where,
        expected: 'a module that is built',
        received: this.constructor.name,
        hint,
      });
    }
    const weights = new Map(this.#weights());
    const names = [...weights.keys()];
    const unknown = Object.keys(dict).find((name) => !weights.has(name));
    if (strict && unknown !== undefined) {
      const hint = suggest(unknown, names);
      throw new NormtapeError({
        where,
        expected: `weights among ${names.join(', ')}`,
        received: unknown,
        hint,
      });
    }
    const changes = [...weights].flatMap(([name, weight]) => {
      const given = Object.hasOwn(dict, name) ? dict[name] : undefined;
      if (given === undefined) {
        if (!strict) return [];
        throw new NormtapeError({ where, expected: `a value for ${name}`, received: Object.keys(dict) });
      }
      const array = given instanceof Tensor ? given.value : fromSource(given, { dtype: weight.value.dtype });
      if (!sameShape(array.shape, weight.value.shape)) {
        const expected = `the shape ${JSON.stringify(weight.value.shape)}`;
        throw new NormtapeError({ where: `${where}: ${name}`, expected, received: array.shape });
      }
      return { weight, value: copy(cast(array, weight.value.dtype)) };
    });
    for (const { weight, value } of changes) weight.value = value;
  }

  /** Fields by name; a layer whose weights have names of their own yields those instead. */
  protected members(): Iterable<readonly [string, unknown]> {
    return Object.entries(this);
  }

  #weights(): [string, Weight][] {
    return [...this.#walk()].filter((named): named is [string, Weight] => !(named[1] instanceof Module));
  }

  #everywhere(change: { readonly training: boolean } | { readonly trainable: boolean }): this {
    Object.assign(this, change);
    for (const [, member] of this.#walk()) {
      if (member instanceof Module || ('trainable' in change && member instanceof Parameter)) {
        Object.assign(member, change);
      }
    }
    return this;
  }

  /** Everything below this module, in the order of its fields, each thing once. */
  *#walk(prefix = '', seen = new Set<unknown>([this])): Generator<[string, Weight | Module]> {
    for (const [name, member] of this.members()) yield* Module.#visit(prefix + snakeCase(name), member, seen);
  }

  static *#visit(path: string, member: unknown, seen: Set<unknown>): Generator<[string, Weight | Module]> {
    if (typeof member !== 'object' || member === null || seen.has(member)) return;
    seen.add(member);
    if (member instanceof Parameter || member instanceof Statistic) yield [path, member];
    else if (member instanceof Module) {
      yield [path, member];
      yield* member.#walk(`${path}.`, seen);
    } else if (Array.isArray(member) || member instanceof Map) {
      for (const [key, item] of member.entries())
        yield* Module.#visit(`${path}.${snakeCase(String(key))}`, item, seen);
    }
  }
}
