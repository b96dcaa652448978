import { NormtapeError } from '../../error.js';
import type { Numbers } from '../numbers.js';

/** An allocated piece of the memory. It remembers its last typed array, since the next one is often of the same size. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
  /** The number of its size class. */
  readonly sizeClass: number;
  numbers: Numbers | undefined;
}

/** A typed array that remembers its address: to ask it for its buffer takes as long as a small kernel. */
type Placed = Numbers & { address?: number };

/** Large blocks start at different offsets in a page: a processor takes equal offsets for the same address at first. */
const STAGGER = 192;
const LARGE = 4096;

/** A range of the memory that is not allocated, and lies in no free list. */
interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Free blocks are joined only if at least this share of the memory came back since the last time. */
const WORTH_JOINING = 1 / 64;

/**
 * Allocates blocks of one memory that never grows, so that no array in it ever moves. A freed block goes to the free list
 * of its size class, of which an octave has four, and is allocated again first; its bytes are left as they were. If
 * nothing fits any more, neighbouring free blocks are joined, so that many small arrays leave room for a large one.
 */
export class Arena {
  /** The free blocks of each size class. */
  readonly #freeLists: Block[][] = [];
  /** The gap that new blocks are cut from: from here up to the end. */
  #top: number;
  #end: number;
  /** Other gaps, the largest last. */
  #gaps: Gap[] = [];
  /** The rests of gaps that were too small when another gap was opened. */
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

  /** Allocates so many bytes, at a multiple of 16; undefined if there is no room. Throws for a size that is no count. */
  malloc(bytes: number): Block | undefined {
    // A block of NaN or −176 bytes would lie over others: memory of living arrays would be overwritten in silence.
    if (!(Number.isInteger(bytes) && bytes >= 0)) throw stray(bytes);
    if (bytes > this.buffer.byteLength) return undefined;
    const sizeClass = sizeClassOf(bytes);
    const block = this.#freeLists[sizeClass]?.pop() ?? this.#cut(sizeClass);
    if (!block) return undefined;
    this.#bytes += block.bytes;
    this.#blocks += 1;
    return block;
  }

  /** Frees a block, which nobody may read or write from now on. */
  free(block: Block): void {
    this.#bytes -= block.bytes;
    this.#blocks -= 1;
    this.#freed += block.bytes;
    (this.#freeLists[block.sizeClass] ??= []).push(block);
  }

  /** The block as a typed array. */
  numbers(block: Block, wide: boolean, length: number): Numbers {
    const last = block.numbers;
    if (last?.length === length && last instanceof Float64Array === wide) return last;
    const Kind = wide ? Float64Array : Float32Array;
    const numbers: Placed = new Kind(this.buffer, block.address, length);
    numbers.address = block.address;
    return (block.numbers = numbers);
  }

  /** The address of a typed array in this memory; 0 if it lies elsewhere. */
  addressOf(numbers: Placed): number {
    return numbers.address ?? (numbers.buffer === this.buffer ? numbers.byteOffset : 0);
  }

  /** Cuts a new block from a gap. */
  #cut(sizeClass: number): Block | undefined {
    const bytes = bytesOf(sizeClass);
    const room = roomFor(bytes);
    if (this.#top + room > this.#end && !this.#openGap(room)) return undefined;
    const address = this.#top;
    this.#top += room;
    return { address, bytes, sizeClass, numbers: undefined };
  }

  /** Opens a gap of so many bytes: a known one, the smallest free block that is large enough, or joined free blocks. */
  #openGap(room: number): boolean {
    const gap = this.#largestGap(room) ?? this.#freeBlockGap(room) ?? this.#joinedGap(room);
    if (!gap) return false;
    this.#setRestAside();
    this.#top = gap.from;
    this.#end = gap.to;
    return true;
  }

  /** Sets the rest of the open gap aside. */
  #setRestAside(): void {
    if (this.#top < this.#end) this.#rests.push({ from: this.#top, to: this.#end });
    this.#top = this.#end;
  }

  #largestGap(room: number): Gap | undefined {
    const largest = this.#gaps.at(-1);
    return largest && largest.to - largest.from >= room ? this.#gaps.pop() : undefined;
  }

  #freeBlockGap(room: number): Gap | undefined {
    const block = this.#freeLists
      .find((blocks) => blocks?.length && roomFor(blocks[0]!.bytes) >= room)
      ?.pop();
    return block && gapOf(block);
  }

  /** Joins all free ranges to gaps as large as possible, and takes the largest if it is large enough. */
  #joinedGap(room: number): Gap | undefined {
    if (this.#freed < this.buffer.byteLength * WORTH_JOINING) return undefined;
    this.#freed = 0;
    this.#setRestAside();
    const free = [...this.#freeLists.flat().map(gapOf), ...this.#gaps, ...this.#rests];
    this.#freeLists.length = 0;
    this.#rests = [];
    this.#gaps = joined(free).sort((a, b) => a.to - a.from - (b.to - b.from));
    return this.#largestGap(room);
  }
}

const stray = (bytes: number): NormtapeError =>
  new NormtapeError({ where: 'memory', expected: 'a whole number of bytes from 0', received: bytes });

/** The bytes that a block takes up, with the offset of a large one. */
const roomFor = (bytes: number): number => bytes + (bytes >= LARGE ? STAGGER : 0);

const gapOf = ({ address, bytes }: Block): Gap => ({ from: address, to: address + roomFor(bytes) });

/** The gaps, each joined with those that touch it. */
function joined(gaps: Gap[]): Gap[] {
  const result: { from: number; to: number }[] = [];
  for (const { from, to } of gaps.sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last?.to === from) last.to = to;
    else result.push({ from, to });
  }
  return result;
}

/**
 * The number of the smallest size class that so many bytes fit into: 16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224,
 * 256, …
 */
function sizeClassOf(bytes: number): number {
  const units = Math.max(1, Math.ceil(bytes / 16));
  if (units <= 4) return units - 1;
  const octave = 29 - Math.clz32(units - 1);
  return 4 * octave + ((units - 1) >> octave);
}

/** The bytes of a block of a size class. */
function bytesOf(sizeClass: number): number {
  if (sizeClass < 4) return 16 * (sizeClass + 1);
  const octave = Math.floor(sizeClass / 4) - 1;
  return 16 * 2 ** octave * ((sizeClass % 4) + 5);
}
