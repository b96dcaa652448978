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

/** A stretch of the memory that no array holds. */
interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Free blocks are joined only if at least this share of the memory came back since the last time. */
const WORTH_JOINING = 1 / 64;

/**
 * Allocates blocks of one memory that never grows, so that no array in it ever moves. Blocks that are freed wait by
 * size, four sizes to an octave, and are allocated again first; what lies in them then is left as it was. If nothing
 * fits any more, neighbouring free blocks are joined, so that many small arrays leave room for a large one.
 */
export class Arena {
  readonly #waiting: Block[][] = [];
  /** The gap that new blocks are cut from: from here to there. */
  #top: number;
  #end: number;
  /** Other gaps, the largest last. */
  #gaps: Gap[] = [];
  /** What was left of gaps when another one was opened. */
  #rests: Gap[] = [];
  /** The bytes that were freed since free blocks were last joined. */
  #freed = 0;
  #bytes = 0;
  #blocks = 0;

  constructor(
    readonly buffer: ArrayBuffer,
    base: number,
  ) {
    this.#top = base;
    this.#end = buffer.byteLength;
  }

  /** The bytes that are allocated, and in how many blocks. */
  get used(): { readonly bytes: number; readonly blocks: number } {
    return { bytes: this.#bytes, blocks: this.#blocks };
  }

  /** Allocates so many bytes, on a multiple of 16; undefined if there is no room. */
  take(bytes: number): Block | undefined {
    if (bytes > this.buffer.byteLength) return undefined;
    const sort = sortOf(bytes);
    const block = this.#waiting[sort]?.pop() ?? this.#fresh(sort);
    if (!block) return undefined;
    this.#bytes += block.bytes;
    this.#blocks += 1;
    return block;
  }

  /** Frees a block, which nobody may read or write from now on. */
  give(block: Block): void {
    this.#bytes -= block.bytes;
    this.#blocks -= 1;
    this.#freed += block.bytes;
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
    const room = roomFor(bytes);
    if (this.#top + room > this.#end && !this.#openGap(room)) return undefined;
    const address = this.#top;
    this.#top += room;
    return { address, bytes, sort, numbers: undefined };
  }

  /** Goes on in a gap of so many bytes: one that is known, the smallest free block that is large enough, or one that is joined. */
  #openGap(room: number): boolean {
    const gap = this.#largestGap(room) ?? this.#waitingGap(room) ?? this.#joinedGap(room);
    if (!gap) return false;
    this.#setRestAside();
    this.#top = gap.from;
    this.#end = gap.to;
    return true;
  }

  /** Puts what is left of the gap that blocks are cut from with the others. */
  #setRestAside(): void {
    if (this.#top < this.#end) this.#rests.push({ from: this.#top, to: this.#end });
    this.#top = this.#end;
  }

  #largestGap(room: number): Gap | undefined {
    const largest = this.#gaps.at(-1);
    return largest && largest.to - largest.from >= room ? this.#gaps.pop() : undefined;
  }

  #waitingGap(room: number): Gap | undefined {
    const block = this.#waiting.find((blocks) => blocks?.length && roomFor(blocks[0]!.bytes) >= room)?.pop();
    return block && gapOf(block);
  }

  /** Joins all that is free to gaps as large as can be, and takes the largest if it is large enough. */
  #joinedGap(room: number): Gap | undefined {
    if (this.#freed < this.buffer.byteLength * WORTH_JOINING) return undefined;
    this.#freed = 0;
    this.#setRestAside();
    const free = [...this.#waiting.flat().map(gapOf), ...this.#gaps, ...this.#rests];
    this.#waiting.length = 0;
    this.#rests = [];
    this.#gaps = joined(free).sort((a, b) => a.to - a.from - (b.to - b.from));
    return this.#largestGap(room);
  }
}

/** The bytes that a block takes up. */
const roomFor = (bytes: number): number => bytes + (bytes >= LARGE ? STAGGER : 0);

const gapOf = ({ address, bytes }: Block): Gap => ({ from: address, to: address + roomFor(bytes) });

/** Gaps of which those that touch have become one. */
function joined(gaps: Gap[]): Gap[] {
  const result: { from: number; to: number }[] = [];
  for (const { from, to } of gaps.sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last?.to === from) last.to = to;
    else result.push({ from, to });
  }
  return result;
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
