import type { Numbers } from '../numbers.js';

/** A piece of the memory; what was last read in it is remembered, since the next array there is often of that size. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
  numbers?: Numbers;
}

/** Large arrays start at different places of a page: a processor takes equal ones for the same at first. */
const STAGGER = 192;
const LARGE = 4096;

/**
 * Hands out pieces of one memory that never grows, so that no array in it ever moves. Pieces that come back wait by
 * size, four sizes to an octave, and are handed out again first; what lies in them then is left as it was.
 */
export class Arena {
  readonly #waiting = new Map<number, Block[]>();
  /** What was never handed out: from here to there. */
  #top: number;
  #end: number;
  #bytes = 0;
  #blocks = 0;

  constructor(
    readonly buffer: ArrayBuffer,
    base: number,
  ) {
    this.#top = base;
    this.#end = buffer.byteLength;
  }

  /** The bytes that are handed out, and in how many pieces. */
  get used(): { readonly bytes: number; readonly blocks: number } {
    return { bytes: this.#bytes, blocks: this.#blocks };
  }

  /** Room for so many bytes, on a multiple of 16; undefined where there is none left. */
  take(bytes: number): Block | undefined {
    const size = sizeClass(bytes);
    const block = this.#waiting.get(size)?.pop() ?? this.#fresh(size);
    if (!block) return undefined;
    this.#bytes += size;
    this.#blocks += 1;
    return block;
  }

  /** Takes a piece back, which nobody may read or write from now on. */
  give(block: Block): void {
    this.#bytes -= block.bytes;
    this.#blocks -= 1;
    const waiting = this.#waiting.get(block.bytes);
    if (waiting) waiting.push(block);
    else this.#waiting.set(block.bytes, [block]);
  }

  /** The piece as numbers of a dtype. */
  numbers(block: Block, wide: boolean, length: number): Numbers {
    const last = block.numbers;
    if (last?.length === length && last instanceof Float64Array === wide) return last;
    const Kind = wide ? Float64Array : Float32Array;
    return (block.numbers = new Kind(this.buffer, block.address, length));
  }

  /** Whether numbers lie in this memory. */
  holds(numbers: Numbers): boolean {
    return numbers.buffer === this.buffer;
  }

  #fresh(bytes: number): Block | undefined {
    const room = bytes + (bytes >= LARGE ? STAGGER : 0);
    if (this.#top + room > this.#end && !this.#openWaiting(room)) return undefined;
    const address = this.#top;
    this.#top += room;
    return { address, bytes };
  }

  /** Where nothing new is left, goes on in the smallest piece that waits and is large enough. */
  #openWaiting(room: number): boolean {
    const sizes = [...this.#waiting].flatMap(([size, { length }]) => (length && size >= room ? size : []));
    if (!sizes.length) return false;
    const { address, bytes } = this.#waiting.get(Math.min(...sizes))!.pop()!;
    this.#top = address;
    this.#end = address + bytes;
    return true;
  }
}

/** The size that pieces for so many bytes have. */
function sizeClass(bytes: number): number {
  if (bytes <= 64) return Math.max(16, (bytes + 15) & ~15);
  const step = 2 ** (29 - Math.clz32(bytes - 1));
  return Math.ceil(bytes / step) * step;
}
