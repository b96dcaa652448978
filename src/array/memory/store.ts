import { NormtapeError } from '../../error.js';
import { type Arena, type Block, type Numbers, arena } from '../../kernels/index.js';

/** A field that cannot be cloned. The error of structuredClone and postMessage quotes it, so it says what to do. */
export const UNCLONEABLE = (): string =>
  'Objects of Normtape hold their numbers apart: send x.toJSON(), or what stateDict() gives.';

/** The arena that every block was allocated in; there is but one. */
let home: Arena | undefined;

/** The bytes in the arena that are left to the garbage collector: all of them, and those of results. */
const left = { all: 0, results: 0 };

/** The most bytes of results that are left to it: it sees a small object, and not the block, and frees too late. */
const MOST_OF_RESULTS = 2 ** 25;

/** A block that is left to the garbage collector. */
interface Left {
  readonly block: Block;
  readonly isResult: boolean;
}

function count({ block: { bytes }, isResult }: Left, sign: 1 | -1): void {
  left.all += sign * bytes;
  if (isResult) left.results += sign * bytes;
}

/**
 * Frees the block of a store that was garbage-collected; it runs between tasks, never within one. Undefined in hosts
 * without finalizers, where no store in the arena is left to the garbage collector.
 */
const finalizers =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<Left>((gone) => {
        count(gone, -1);
        home!.free(gone.block);
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
  /** Its block as it is left to the garbage collector, if it is. */
  #left: Left | undefined;
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
   * to it, and 32 MiB of results; a store beyond that is copied out. It never moves afterwards.
   */
  leaveToGC(isResult = false): void {
    this.owner = undefined;
    const block = this.#block;
    if (!block || this.#left) return;
    const isCrowded =
      left.all + block.bytes > home!.buffer.byteLength / 2 ||
      (isResult && left.results + block.bytes > MOST_OF_RESULTS);
    if (!finalizers || isCrowded) return this.copyOut();
    this.#left = { block, isResult };
    count(this.#left, 1);
    finalizers.register(this, this.#left, this);
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
    this.#numbers = copied(this.numbers);
    this.#freeBlock();
  }

  #freeBlock(): void {
    const block = this.#block;
    if (!block) return;
    this.#block = undefined;
    if (this.#left) {
      finalizers?.unregister(this);
      count(this.#left, -1);
    }
    this.#left = undefined;
    home!.free(block);
  }
}

/** A copy in a typed array of its own. Unlike `slice`, the constructor does not fill it with zeros first. */
function copied(numbers: Numbers): Numbers {
  if (!isHeapHeld && numbers.byteLength >= LARGE) holdHeap();
  return numbers instanceof Float64Array ? new Float64Array(numbers) : new Float32Array(numbers);
}

const LARGE = 2 ** 17;
let isHeapHeld = false;

/**
 * Frees one array of 31 MiB, which is never written to: glibc keeps freed memory of up to twice the largest block that
 * was freed before, and returns the rest to the system, from which every page is fetched anew at each copy.
 */
function holdHeap(): void {
  isHeapHeld = true;
  try {
    void new ArrayBuffer(31 * 2 ** 20);
  } catch {
    // Without it, copies are slower, and no less right.
  }
}

const freed = (): NormtapeError =>
  new NormtapeError({
    where: 'array',
    expected: 'an array that was not freed',
    received: 'one that was freed with its scope or tape',
    hint: 'Return the tensor from the scope, or call keep(tensor) inside it.',
  });
