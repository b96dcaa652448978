import type { Numbers } from '../numbers.js';
import type { Arena, Block } from './arena.js';

/**
 * Gives a kernel addresses for a call. What lies in its memory is worked on in place; what comes from elsewhere is
 * copied in, and results out again. Undefined, and nothing copied, where there is no room.
 */
export class Staging {
  #taken: Block[] | undefined;
  #results: { readonly from: Numbers; readonly to: Numbers }[] | undefined;
  #full = false;
  #wanted = 0;

  constructor(readonly arena: Arena) {}

  /** Where a kernel can read these numbers. */
  read(numbers: Numbers): number {
    const address = this.arena.addressOf(numbers);
    if (address) return address;
    const block = this.room(numbers.byteLength);
    if (!block) return 0;
    this.arena.numbers(block, numbers instanceof Float64Array, numbers.length).set(numbers);
    return block.address;
  }

  /** Where a kernel can read these whole numbers, as int32. */
  readIntegers(numbers: Int32Array): number {
    const block = this.room(numbers.byteLength);
    if (!block) return 0;
    new Int32Array(this.arena.buffer, block.address, numbers.length).set(numbers);
    return block.address;
  }

  /** Where a kernel can write what these numbers become; what they are now is not brought there. */
  write(numbers: Numbers): number {
    const address = this.arena.addressOf(numbers);
    if (address) return address;
    const block = this.room(numbers.byteLength);
    if (!block) return 0;
    const from = this.arena.numbers(block, numbers instanceof Float64Array, numbers.length);
    (this.#results ??= []).push({ from, to: numbers });
    return block.address;
  }

  /** Where a kernel can read these numbers, and write what they become. */
  update(numbers: Numbers): number {
    const address = this.write(numbers);
    const staged = this.#results?.at(-1);
    if (staged?.to === numbers) staged.from.set(numbers);
    return address;
  }

  /** Room to work in, until the end of the call. */
  room(bytes: number): Block | undefined {
    this.#wanted += bytes;
    const block = this.arena.malloc(bytes);
    if (block) (this.#taken ??= []).push(block);
    else this.#full = true;
    return block;
  }

  /** Runs the kernel, and brings its results out; false, and nothing done, where something did not fit. */
  run(kernel: () => void): boolean {
    if (!this.#full) {
      kernel();
      if (this.#results) for (const { from, to } of this.#results) to.set(from);
    } else this.arena.lacking = this.#wanted;
    if (this.#taken) for (const block of this.#taken) this.arena.free(block);
    return !this.#full;
  }
}
