import { NormtapeError } from '../../error.js';
import { type Arena, type Block, type Numbers, arena } from '../../kernels/index.js';

/** A field that cannot be cloned. The error of structuredClone and postMessage quotes it, so it says what to do. */
export const UNCLONEABLE = (): string =>
  'Objects of Normtape hold their numbers apart: send x.toJSON(), or what stateDict() gives.';

/** The memory that all blocks are of; there is but one. */
let home: Arena | undefined;

/** The bytes that are left to the collector of garbage. */
let watched = 0;

/**
 * Gives back what nobody can reach any more; it runs between tasks, never within one. Undefined in hosts that cannot
 * tell, where no array is left to the collector of garbage inside the memory.
 */
const lost =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<Block>((block) => {
        watched -= block.bytes;
        home!.give(block);
      });

/**
 * Where the numbers of an array lie: in the memory of the kernels, or in a typed array of their own. Views share a
 * store. It ends when whoever answers for it says so; what the caller of the library has seen of it stays readable.
 */
export class Store {
  #numbers: Numbers | undefined;
  #block: Block | undefined;
  /** Who ends it, such as a ledger; undefined: the collector of garbage. */
  owner: object | undefined;
  /** Whether the caller of the library may hold it. */
  seen = false;
  /** How many results of a step, or gradients of a sweep, still need it. */
  uses = 0;
  /** How many steps of training may still put it back, and whether it has served meanwhile. */
  holds = 0;
  isDue = false;
  #watched = false;
  /** Keeps structuredClone from making an array without its numbers, silently. */
  readonly uncloneable = UNCLONEABLE;

  constructor(numbers: Numbers, block?: Block) {
    this.#numbers = numbers;
    this.#block = block;
  }

  /** Room for so many numbers: in the memory of the kernels, where they have one with room left. */
  static room(wide: boolean, length: number): Store {
    const memory = arena();
    const block = memory?.take(length * (wide ? 8 : 4));
    if (!memory || !block) return new Store(wide ? new Float64Array(length) : new Float32Array(length));
    home = memory;
    return new Store(memory.numbers(block, wide, length), block);
  }

  /** The numbers, for the library itself. Throws where the store has ended. */
  get numbers(): Numbers {
    if (this.#numbers === undefined) throw ended();
    return this.#numbers;
  }

  /** The numbers, for whoever may keep them: they move to a typed array of their own, which stays. */
  get own(): Numbers {
    this.moveOut();
    return this.numbers;
  }

  /** The bytes of memory that it holds, and that come back when it ends. */
  get bytes(): number {
    return this.#block?.bytes ?? 0;
  }

  /**
   * Leaves it to the collector of garbage to give the memory back. A loop that never rests keeps that from running: half
   * of the memory is left to those who give back by themselves, and what is too much goes on outside.
   */
  watch(): void {
    this.owner = undefined;
    const block = this.#block;
    if (!block || this.#watched) return;
    if (!lost || watched + block.bytes > home!.buffer.byteLength / 2) return this.moveOut();
    watched += block.bytes;
    this.#watched = true;
    lost.register(this, block, this);
  }

  /** Gives the memory back. Whoever reads it from now on is told so; what was seen moves out, and stays. */
  end(): void {
    this.owner = undefined;
    if (this.seen) {
      this.moveOut();
      return;
    }
    this.#numbers = undefined;
    this.#leave();
  }

  /** Goes on in a typed array of its own, which is nobody's to end. */
  moveOut(): void {
    this.owner = undefined;
    if (!this.#block) return;
    this.#numbers = this.numbers.slice();
    this.#leave();
  }

  #leave(): void {
    const block = this.#block;
    if (!block) return;
    this.#block = undefined;
    if (this.#watched) {
      lost?.unregister(this);
      watched -= block.bytes;
    }
    this.#watched = false;
    home!.give(block);
  }
}

const ended = (): NormtapeError =>
  new NormtapeError({
    where: 'array',
    expected: 'numbers whose scope is open',
    received: 'those of a scope or tape that has ended',
    hint: 'Return the tensor from the scope, or hold on to it inside with keep(tensor).',
  });
