import type { Numbers } from '../numbers.js';
import type { Arena, Block } from './arena.js';

/** Thrown if the memory has no room for a copy. */
export const NO_ROOM = new Error('The memory of the kernels has no room for a copy.');

/**
 * The operands of one call: buffers in the memory of the kernels are used in place, others are copied in before the call,
 * and results out after it.
 */
export class Staging {
  #blocks: Block[] | undefined;
  #results: { readonly from: Numbers; readonly to: Numbers }[] | undefined;
  /** The bytes that copies have asked for so far. */
  wanted = 0;

  constructor(readonly arena: Arena) {}

  /** Returns the address at which a kernel reads a buffer; 0 if there is none. */
  read(numbers: Numbers | undefined): number {
    if (!numbers) return 0;
    const address = this.arena.addressOf(numbers);
    if (address) return address;
    const block = this.#allocate(bytesOf(numbers));
    this.arena.numbers(block, numbers instanceof Float64Array, numbers.length).set(numbers);
    return block.address;
  }

  /** Returns the address at which a kernel reads integers, as int32. */
  readIntegers(numbers: ArrayLike<number>): number {
    const address = this.room(Int32Array.BYTES_PER_ELEMENT * numbers.length);
    new Int32Array(this.arena.buffer, address, numbers.length).set(numbers);
    return address;
  }

  /** Returns the address at which a kernel writes a buffer, whose content is not copied in; 0 if there is none. */
  write(numbers: Numbers | undefined): number {
    if (!numbers) return 0;
    const address = this.arena.addressOf(numbers);
    if (address) return address;
    const block = this.#allocate(bytesOf(numbers));
    const from = this.arena.numbers(block, numbers instanceof Float64Array, numbers.length);
    (this.#results ??= []).push({ from, to: numbers });
    return block.address;
  }

  /** Returns the address at which a kernel reads a buffer and then writes it; 0 if there is none. */
  update(numbers: Numbers | undefined): number {
    const address = this.write(numbers);
    const last = this.#results?.at(-1);
    if (numbers && last?.to === numbers) last.from.set(numbers);
    return address;
  }

  /** Returns the address of so many bytes of work space, until the end of the call. */
  room(bytes: number): number {
    return this.#allocate(bytes).address;
  }

  /** Copies the results out. */
  finish(): void {
    if (this.#results) for (const { from, to } of this.#results) to.set(from);
  }

  /** Frees all copies and work space. */
  free(): void {
    if (this.#blocks) for (const block of this.#blocks) this.arena.free(block);
  }

  /** @throws NO_ROOM if the memory is full. */
  #allocate(bytes: number): Block {
    this.wanted += bytes;
    const block = this.arena.malloc(bytes);
    if (!block) throw NO_ROOM;
    (this.#blocks ??= []).push(block);
    return block;
  }
}

/** The bytes of a copy, which is one of float64 or float32 whatever kind of typed array a caller hands in. */
const bytesOf = (numbers: Numbers): number => numbers.length * (numbers instanceof Float64Array ? 8 : 4);
