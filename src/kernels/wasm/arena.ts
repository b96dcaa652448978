import type { Numbers } from '../numbers.js';

/** A piece of the memory; what was last read in it is remembered, since the next array there is often of that size. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
  /** The number of its size. */
  readonly sort: number;
  numbers: Numbers | undefined;
}

/** Numbers that remember where they lie, since to ask a typed array for its buffer takes as long as a small kernel. */
type Placed = Numbers & { address?: number };

/** Large arrays start at different places of a page: a processor takes equal ones for the same at first. */
const STAGGER = 192;
const LARGE = 4096;

/**
 * Hands out pieces of one memory that never grows, so that no array in it ever moves. Pieces that come back wait by
 * size, four sizes to an octave, and are handed out again first; what lies in them then is left as it was.
 */
export class Arena {
  readonly #waiting: Block[][] = [];
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
    if (bytes > this.buffer.byteLength) return undefined;
    const sort = sortOf(bytes);
    const block = this.#waiting[sort]?.pop() ?? this.#fresh(sort);
    if (!block) return undefined;
    this.#bytes += block.bytes;
    this.#blocks += 1;
    return block;
  }

  /** Takes a piece back, which nobody may read or write from now on. */
  give(block: Block): void {
    this.#bytes -= block.bytes;
    this.#blocks -= 1;
    (this.#waiting[block.sort] ??= []).push(block);
  }

  /** The piece as numbers of a dtype. */
  numbers(block: Block, wide: boolean, length: number): Numbers {
    const last = block.numbers;
    if (last?.length === length && last instanceof Float64Array === wide) return last;
    const Kind = wide ? Float64Array : Float32Array;
    const numbers: Placed = new Kind(this.buffer, block.address, length);
    numbers.address = block.address;
    return (block.numbers = numbers);
  }

  /** Where numbers lie in this memory; 0 for those that lie elsewhere. */
  addressOf(numbers: Placed): number {
    return numbers.address ?? (numbers.buffer === this.buffer ? numbers.byteOffset : 0);
  }

  #fresh(sort: number): Block | undefined {
    const bytes = sizeOf(sort);
    const room = bytes + (bytes >= LARGE ? STAGGER : 0);
    if (this.#top + room > this.#end && !this.#openWaiting(room)) return undefined;
    const address = this.#top;
    this.#top += room;
    return { address, bytes, sort, numbers: undefined };
  }

  /** Where nothing new is left, goes on in the smallest piece that waits and is large enough. */
  #openWaiting(room: number): boolean {
    const blocks = this.#waiting.find((waiting) => waiting?.length && waiting[0]!.bytes >= room);
    if (!blocks) return false;
    const { address, bytes } = blocks.pop()!;
    this.#top = address;
    this.#end = address + bytes;
    return true;
  }
}

/** The number of the size that so many bytes fit into: 16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, … */
function sortOf(bytes: number): number {
  const units = Math.max(1, Math.ceil(bytes / 16));
  if (units <= 4) return units - 1;
  const octave = 29 - Math.clz32(units - 1);
  return 4 * octave + ((units - 1) >> octave);
}

/** The bytes of a size by its number. */
function sizeOf(sort: number): number {
  if (sort < 4) return 16 * (sort + 1);
  const octave = Math.floor(sort / 4) - 1;
  return 16 * 2 ** octave * ((sort % 4) + 5);
}
