import { MARK, foreign, ours } from '../copy.js';
import { INSPECT, type NdArray, Random, toPlain } from '../array/index.js';
import { MODULE, teach } from '../autograd/lessons.js';
import { Parameter } from '../autograd/parameter.js';
import { PREPARE, type StateDict, readState } from '../autograd/state.js';
import type { Tensor } from '../autograd/tape.js';
import { answerAlways } from '../demand.js';
import { NormtapeError } from '../error.js';
import { flag, isMap, isPlainObject, isSet, resolve, snakeCase } from '../option/index.js';
import { penaltyOf } from './penalty.js';
import { ARGUMENTS, ATTACH, ATTACHED, BUILT_FOR, type BuiltFor, MAKER, type Maker } from './construction.js';
import { demandRoomFor } from './room.js';
import { Snapshot, type SnapshotPart } from './snapshot.js';
import { Statistic, type Weight, arrayIn, isWeight } from './statistic.js';
import { table } from './summary.js';

type Member = Weight | Random | Module;

/** The method of a module that finds every place of its weights. */
export const PLACES: unique symbol = Symbol('places');

/** One of the places of a weight in a module: its name there, and the module in whose field it lies. */
export interface Place {
  readonly name: string;
  readonly owner: Module;
}

/** The method of a module that is called after only some of its weights were loaded. */
export const AFTER_LOADING: unique symbol = Symbol('after loading');

const LOADING = { strict: flag(true, 'Whether missing and unknown names are mistakes.') };

/** A member by its dotted name, and the module in whose fields it lies. */
interface Found {
  readonly name: string;
  readonly member: Member;
  readonly owner: Module;
}

/**
 * A layer or model: it has parameters and a forward pass. Subclasses keep layers, parameters and random generators in
 * fields, or in arrays, Maps, Sets and plain objects of fields, and implement `forward`; all other methods find them
 * there. They do not search `#private` fields, nor objects of classes that do not extend Module.
 */
export abstract class Module {
  training = true;
  trainable = true;

  constructor() {
    demandRoomFor('modules', 1, this.constructor.name);
  }

  get [MARK]() {
    return ours('a module');
  }

  abstract forward(...inputs: never[]): unknown;

  /** Whether every weight exists; a layer that is built by its first input overrides it. */
  get built(): boolean {
    // Each module asks those directly below it: asked about all, deep models would be asked without end.
    return this.#walk().every(
      ({ member, owner }) => owner !== this || !(member instanceof Module) || member.built,
    );
  }

  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  /** Parameters by dotted snake_case name, such as attention_norm.gamma. */
  namedParameters(): ReadonlyMap<string, Parameter> {
    return this.#named((member): member is Parameter => member instanceof Parameter);
  }

  /** This module under the empty name, and every submodule by its name, such as blocks.0.norm. */
  namedModules(): ReadonlyMap<string, Module> {
    const below = this.#named((member): member is Module => member instanceof Module);
    return new Map([['', this as Module], ...below]);
  }

  /** Random generators by name, such as dropout.random; the state of each can be read and set. */
  generators(): ReadonlyMap<string, Random> {
    return this.#named((member): member is Random => member instanceof Random);
  }

  /** Running statistics, which are not learned, by name, such as norm.moving_mean; values are replaced, not written into. */
  statistics(): ReadonlyMap<string, Statistic> {
    return this.#named((member): member is Statistic => member instanceof Statistic);
  }

  train(): this {
    return this.#everywhere({ training: true });
  }

  eval(): this {
    return this.#everywhere({ training: false });
  }

  /** Excludes the parameters from training, also those that are built later. */
  freeze(): this {
    return this.#everywhere({ trainable: false });
  }

  unfreeze(): this {
    return this.#everywhere({ trainable: true });
  }

  /**
   * A copy of every weight by name, running statistics included. The arrays are plain data: structuredClone,
   * postMessage, IndexedDB and JSON keep every number, and `loadStateDict` takes what they give.
   */
  stateDict(): Record<string, NdArray> {
    return Object.fromEntries([...this.#weights()].map(([name, weight]) => [name, toPlain(arrayIn(weight))]));
  }

  /**
   * Loads copies of weights, cast to the dtype of each: NdArrays, tensors, nested lists, or a clone or the JSON
   * of a `stateDict()`. Throws, and changes nothing, if one is missing,
   * unknown or of another shape; unless `strict`, missing and unknown ones are ignored.
   */
  loadStateDict(dict: StateDict, options: { readonly strict?: boolean } = {}): void {
    this[PREPARE](dict, options)();
  }

  [PREPARE](dict: StateDict, options: { readonly strict?: boolean } = {}): () => void {
    const where = 'loadStateDict';
    const { strict } = resolve(where, LOADING, options);
    if (!this.built) {
      const hint = 'Build it first: give it an input.';
      const received = this.describe();
      throw new NormtapeError({ where, expected: 'a module that is built', received, hint });
    }
    const weights = this.#weights();
    const arrays = readState(where, dict, weights, { strict });
    return () => {
      const loaded = new Set<Weight>();
      for (const [name, value] of arrays) {
        const weight = weights.get(name)!;
        weight.value = value;
        loaded.add(weight);
      }
      if (loaded.size < weights.size)
        for (const module of this.namedModules().values()) module[AFTER_LOADING](loaded);
    };
  }

  /** Called when only some weights were loaded, for a layer some of whose weights depend on others; it does not throw. */
  [AFTER_LOADING](_: ReadonlySet<Weight>): void {}

  /**
   * The weights, running statistics, states of random generators and modes as they are now, to be restored later; or the
   * parts of these that are named, as in `snapshot('modes')`. Weights that a layer builds afterwards, and what was frozen,
   * stay as they are. For a file, or another module, take `stateDict()`.
   */
  snapshot(...parts: readonly SnapshotPart[]): Snapshot {
    return new Snapshot(this, parts);
  }

  /** The class or function that makes this module of its `ARGUMENTS`. */
  get [MAKER](): Maker {
    return this.constructor as Maker;
  }

  /**
   * The arguments that make this module again, as `saveModel` writes them: data, modules, ops and norms. Its weights are
   * not among them, nor is anything that changes in training. Undefined if it states none.
   */
  [ARGUMENTS](): readonly unknown[] | undefined {
    return undefined;
  }

  /** An input for which `build` makes the weights that it has now; undefined if there are none, or the constructor made them. */
  get [BUILT_FOR](): BuiltFor | undefined {
    return undefined;
  }

  /** What was attached to it since it was made and built, other than in its fields: data and modules; undefined if nothing. */
  [ATTACHED](): unknown {
    return undefined;
  }

  /**
   * Attaches it again, before the weights are loaded. A function that it returns is called after that.
   *
   * @throws {NormtapeError} If this is nothing that can be attached.
   */
  [ATTACH](attached: unknown): (() => void) | undefined {
    const where = this.describe();
    throw new NormtapeError({ where, expected: 'nothing that is attached', received: attached });
  }

  /**
   * Lists of layers that are applied one directly after the other: the output of each is the input of the next, and of
   * nothing else. `foldNormalization` reads which layers stand beside a norm here.
   */
  chains(): readonly (readonly unknown[])[] {
    return [];
  }

  /** The sum of the penalties of all trainable weights, of rank 0 and on the tape; 0 if there are none. */
  penalty(): Tensor {
    const [first] = this.#weights().values();
    return penaltyOf(this.namedParameters(), first?.dtype);
  }

  /** A table of the modules, with the shapes of their weights and the numbers of elements. */
  summary(): string {
    const found = this.#walk();
    const modules = found.flatMap(({ name, member }) =>
      member instanceof Module ? { name, module: member } : [],
    );
    return table(
      [{ name: '', module: this as Module }, ...modules].map(({ name, module }) => ({
        name,
        kind: module.describe(),
        built: module.built,
        weights: found.flatMap(({ name: weight, member, owner }) => {
          if (owner !== module || !isWeight(member)) return [];
          const trainable = member instanceof Parameter ? member.trainable : undefined;
          return { name: weight.slice(name ? name.length + 1 : 0), shape: member.shape, trainable };
        }),
      })),
    );
  }

  /** The table that `summary` gives, which Node's console prints too. */
  toString(): string {
    return this.summary();
  }

  /** The text that Node prints: its summary, or its name deep inside other objects. */
  [INSPECT](depth: number): string {
    return depth < 0 ? `[${this.describe()}]` : this.toString();
  }

  /** Its name in a summary. */
  protected describe(): string {
    return this.constructor.name;
  }

  /** Its fields by name; a layer may override it to give its weights other names. */
  protected members(): Iterable<readonly [string, unknown]> {
    return Object.entries(this);
  }

  #weights(): ReadonlyMap<string, Weight> {
    return this.#named(isWeight);
  }

  /** The members of one kind by name. Throws if two have one name, such as fields aB and a_b. */
  #named<M extends Member>(wanted: (member: Member) => member is M): ReadonlyMap<string, M> {
    const named = new Map<string, M>();
    for (const { name, member } of this.#walk()) {
      if (!wanted(member)) continue;
      if (named.has(name)) {
        const where = this.constructor.name;
        throw new NormtapeError({ where, expected: 'members of different snake_case names', received: name });
      }
      named.set(name, member);
    }
    return named;
  }

  #everywhere(change: { readonly training: boolean } | { readonly trainable: boolean }): this {
    Object.assign(this, change);
    for (const { member } of this.#walk()) {
      if (member instanceof Module || ('trainable' in change && member instanceof Parameter)) {
        Object.assign(member, change);
      }
    }
    return this;
  }

  /** The places of every weight: one that layers share, or that lies in a layer which has two places, has several. */
  [PLACES](): ReadonlyMap<Weight, readonly Place[]> {
    const places = new Map<Weight, Place[]>();
    for (const { name, member, owner } of this.#walk('', new Set([this]), true)) {
      if (isWeight(member)) places.set(member, [...(places.get(member) ?? []), { name, owner }]);
    }
    return places;
  }

  /** All members below this module, in the order of its fields: each once, or at each of its places. */
  #walk(
    prefix = '',
    seen = new Set<unknown>([this]),
    isRepeating = false,
    found: Found[] = [],
  ): readonly Found[] {
    for (const [name, member] of this.members())
      if (isObject(member)) this.#visit(prefix + snakeCase(name), member, seen, isRepeating, found);
    return found;
  }

  #visit(name: string, member: object, known: Set<unknown>, isRepeating: boolean, found: Found[]): void {
    if (known.has(member)) return;
    const seen = isRepeating ? new Set(known) : known;
    seen.add(member);
    if (foreign(member) !== undefined) {
      const expected = 'layers and weights of the copy of normtape that the module is of';
      throw new NormtapeError({ where: `${this.describe()}.${name}`, expected, received: member });
    }
    if (isWeight(member) || member instanceof Random) found.push({ name, member, owner: this });
    else if (member instanceof Module) {
      found.push({ name, member, owner: this });
      member.#walk(`${name}.`, seen, isRepeating, found);
    } else {
      for (const [key, item] of entriesOf(member))
        if (isObject(item)) this.#visit(`${name}.${snakeCase(String(key))}`, item, seen, isRepeating, found);
    }
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

answerAlways(Module);

/** Throws, in the name of `where`, if the model is not a module, such as a function, or an object that only has `forward`. */
export function demandModule(where: string, model: unknown): asserts model is Module {
  if (model instanceof Module) return;
  const hint = 'A model extends Module, or is a Sequential of layers.';
  throw new NormtapeError({ where, expected: 'a module', received: model, hint });
}

teach('Module', Module, MODULE);

/** The items of an array, a Map, a Set or a plain object, by key or position; empty for anything else. */
function entriesOf(member: object): Iterable<readonly [unknown, unknown]> {
  if (isSet(member)) return [...member].entries();
  if (Array.isArray(member) || isMap(member)) return member.entries();
  return isPlainObject(member) ? Object.entries(member) : [];
}
