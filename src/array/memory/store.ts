import { NormtapeError } from '../../error.js';
import { type Arena, type Block, type Numbers, arena } from '../../kernels/index.js';

/** A field that cannot be cloned. The error of structuredClone and postMessage quotes it, so it says what to do. */
export const UNCLONEABLE = (): string =>
  'Objects of Normtape hold their numbers apart: send x.toJSON(), or what stateDict() gives.';

/** The arena that every block was allocated in; there is but one. */
let home: Arena | undefined;

/** The bytes that are left to the garbage collector. */
let leftToGC = 0;

/**
 * Frees the block of a store that was garbage-collected; it runs between tasks, never within one. Undefined in hosts
 * without finalizers, where no store in the arena is left to the garbage collector.
 */
const finalizers =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<Block>((block) => {
        leftToGC -= block.bytes;
        home!.free(block);
      });

/**
 * The buffer of an array: a block of the arena, or a typed array of its own. Views share a store. Its owner frees it;
 * numbers that the user may hold stay readable.
 */
export class Store {
  #numbers: Numbers | undefined;
  #block: Block | undefined;
  /** The object that frees it, such as a region; undefined for the garbage collector. */
  owner: object | undefined;
  /** Whether the user may hold its numbers. */
  exposed = false;
  /** The count of gradients of a backward pass, or results of an op, that need it. */
  refCount = 0;
  /** The count of training steps that may still restore it, and whether it was retired meanwhile. */
  pins = 0;
  isDue = false;
  #hasFinalizer = false;
  /** Makes structuredClone throw, instead of making an array without its numbers. */
  readonly uncloneable = UNCLONEABLE;

  constructor(numbers: Numbers, block?: Block) {
    this.#numbers = numbers;
    this.#block = block;
  }

  /** A new store of so many numbers: in the arena, or in a typed array if the arena is full or missing. */
  static allocate(wide: boolean, length: number): Store {
    const memory = arena();
    const block = memory?.malloc(length * (wide ? 8 : 4));
    if (!memory || !block) return new Store(wide ? new Float64Array(length) : new Float32Array(length));
    home = memory;
    return new Store(memory.numbers(block, wide, length), block);
  }

  /** The numbers where they lie, for the library itself. Throws if the store has been freed. */
  get numbers(): Numbers {
    if (this.#numbers === undefined) throw freed();
    return this.#numbers;
  }

  /** The bytes of the arena that it holds. */
  get bytes(): number {
    return this.#block?.bytes ?? 0;
  }

  /**
   * Leaves it to the garbage collector, which cannot run while a loop never rests. So at most half of the arena is left
   * to it; a store beyond that is copied out.
   */
  leaveToGC(): void {
    this.owner = undefined;
    const block = this.#block;
    if (!block || this.#hasFinalizer) return;
    if (!finalizers || leftToGC + block.bytes > home!.buffer.byteLength / 2) return this.copyOut();
    leftToGC += block.bytes;
    this.#hasFinalizer = true;
    finalizers.register(this, block, this);
  }

  /** Frees it: to read it from now on is an error. If the user may hold its numbers, they are copied out and stay. */
  free(): void {
    this.owner = undefined;
    if (this.exposed) {
      this.copyOut();
      return;
    }
    this.#numbers = undefined;
    this.#freeBlock();
  }

  /** Moves the numbers from the arena to a typed array of their own, which nobody frees. */
  copyOut(): void {
    this.owner = undefined;
    if (!this.#block) return;
    this.#numbers = this.numbers.slice();
    this.#freeBlock();
  }

  #freeBlock(): void {
    const block = this.#block;
    if (!block) return;
    this.#block = undefined;
    if (this.#hasFinalizer) {
      finalizers?.unregister(this);
      leftToGC -= block.bytes;
    }
    this.#hasFinalizer = false;
    home!.free(block);
  }
}

const freed = (): NormtapeError =>
  new NormtapeError({
    where: 'array',
    expected: 'an array that was not freed',
    received: 'one that ended with its scope or tape',
    hint: 'Return the tensor from the scope, or hold on to it inside with keep(tensor).',
  });
