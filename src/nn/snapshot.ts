import { type NdArray, type Random, UNCLONEABLE, pin, unpin } from '../array/index.js';
import type { Parameter } from '../autograd/parameter.js';
import { NormtapeError, suggest } from '../error.js';
import { type Statistic, type Weight, arrayIn } from './statistic.js';

/**
 * A part of a module's state: its parameters and running statistics, the states of its random generators, or whether
 * each of its modules is in training or evaluation mode.
 */
export type SnapshotPart = (typeof PARTS)[number];

const PARTS = ['weights', 'generators', 'modes'] as const;

/** A module, as a snapshot sees it. */
interface Stateful {
  training: boolean;
  parameters(): readonly Parameter[];
  statistics(): ReadonlyMap<string, Statistic>;
  generators(): ReadonlyMap<string, Random>;
  namedModules(): ReadonlyMap<string, Stateful>;
}

/**
 * The state that a module had when `module.snapshot()` was called. No array is copied: the library replaces the values
 * of weights and never writes into them, so a snapshot keeps the arrays themselves.
 */
export class Snapshot {
  readonly #weights: readonly (readonly [Weight, NdArray])[];
  readonly #generators: readonly (readonly [Random, readonly number[]])[];
  readonly #modes: readonly (readonly [Stateful, boolean])[];
  #isReleased = false;
  /** A clone would silently lose the state. */
  protected readonly uncloneable = UNCLONEABLE;

  constructor(module: Stateful, parts: readonly SnapshotPart[]) {
    demandParts(parts);
    const of = <T, V>(part: SnapshotPart, members: () => Iterable<T>, read: (member: T) => V) =>
      isWanted(part, parts) ? [...members()].map((member) => [member, read(member)] as const) : [];
    const weights = (): Weight[] => [...module.parameters(), ...module.statistics().values()];
    this.#weights = of('weights', weights, arrayIn);
    this.#generators = of(
      'generators',
      () => module.generators().values(),
      ({ state }) => state,
    );
    this.#modes = of(
      'modes',
      () => module.namedModules().values(),
      ({ training }) => training,
    );
    for (const [, value] of this.#weights) pin(value);
  }

  /** Restores the state, as often as it is called. Throws if the snapshot was released. */
  restore(): void {
    if (this.#isReleased) {
      const [where, expected] = ['Snapshot.restore', 'a snapshot that still has its arrays'];
      throw new NormtapeError({ where, expected, received: 'one that was released' });
    }
    for (const [weight, value] of this.#weights) weight.value = value;
    for (const [random, state] of this.#generators) random.state = state;
    for (const [module, training] of this.#modes) module.training = training;
  }

  /** Frees the arrays that only this snapshot still needs. Without it, the garbage collector does so later. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const [weight, value] of this.#weights) unpin(value, arrayIn(weight) === value);
  }
}

/** Whether a part is among those that were named; every part is if none was. */
const isWanted = (part: SnapshotPart, named: readonly SnapshotPart[]): boolean =>
  named.length === 0 || named.includes(part);

/** Throws if a part is unknown. */
function demandParts(parts: readonly unknown[]): void {
  const known: readonly unknown[] = PARTS;
  const i = parts.findIndex((part) => !known.includes(part));
  if (i < 0) return;
  const [where, expected] = ['Module.snapshot', `parts among ${PARTS.join(', ')}`];
  throw new NormtapeError({ where, expected, received: parts[i], hint: suggest(parts[i], PARTS) });
}
