import { bytesOf } from '../base64.js';
import { Arena } from './arena.js';
import { binaries } from './binaries.js';
import type { Exports } from './exports.js';
import { patched } from './patch.js';

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** What is used of the global WebAssembly, which may be missing, or forbidden by a page. */
interface WebAssemblyApi {
  Memory: new (limits: { readonly initial: number }) => Memory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** Compiled kernels, and the memory that they and the arrays share. */
export interface Engine {
  readonly exports: Exports;
  readonly arena: Arena;
  /**
   * The same kernels over a memory apart, with so much room for the copies of one call; undefined where the host has no
   * more. The next call takes it over.
   */
  apart(bytes: number): Engine | undefined;
}

const PAGE = 65536;

/** The first page is the kernels' own: scripts/build-kernels.mjs gives each build a place in it. */
export const BASE = PAGE;

/**
 * How much memory is reserved, the most first: 1 GiB outside of pages, 256 MiB in them. A page costs nothing until it
 * is written to, but some hosts have little room for addresses.
 */
const RESERVES = [2 ** 30, 2 ** 28, 2 ** 26];

let shared: { readonly memory: Memory; readonly arena: Arena } | undefined;

/**
 * Compiles one of the two builds at once, which takes less than a millisecond. Returns the reason instead if that
 * cannot be done: the instructions are unknown, a page forbids it, or there is no room. Only trying tells.
 */
export function compile(build: 'plain' | 'relaxed'): Engine | string {
  const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi };
  if (!api) return 'this host has no WebAssembly';
  try {
    if (build === 'relaxed') new api.Module(RELAXED);
    const module = new api.Module(binaryOf(build));
    const { memory, arena } = (shared ??= reserve(api));
    const exportsIn = (memory: Memory): Exports =>
      new api.Instance(module, { env: { memory } }).exports as Exports;
    return { exports: exportsIn(memory), arena, apart: spareOf(api, exportsIn) };
  } catch (error) {
    const { name, message } = error as Error;
    if (name === 'RangeError') return `no memory could be reserved (${message})`;
    // A page's policy fails before a byte is read; only bytes that were read can hold an unknown instruction.
    return isAllowed(api)
      ? `WebAssembly here lacks an instruction (${message})`
      : `the Content-Security-Policy of the page forbids WebAssembly (${message})`;
  }
}

/** The bytes of a build. The relaxed one is stored as its difference, since it is nearly the plain one. */
function binaryOf(build: 'plain' | 'relaxed'): Uint8Array {
  const plain = bytesOf(binaries.plain);
  return build === 'plain' ? plain : patched(plain, bytesOf(binaries.edits));
}

/** Kernels over a memory that no array lies in, so that it may grow: it is made when it is first asked for. */
function spareOf(api: WebAssemblyApi, exportsIn: (memory: Memory) => Exports): Engine['apart'] {
  let spare: { readonly memory: Memory; readonly exports: Exports } | undefined;
  return function apart(bytes) {
    try {
      if (!spare) {
        const memory = new api.Memory({ initial: 1 });
        spare = { memory, exports: exportsIn(memory) };
      }
      const { memory, exports } = spare;
      const lacking = BASE + bytes - memory.buffer.byteLength;
      if (lacking > 0) memory.grow(Math.ceil(lacking / PAGE));
      return { exports, arena: new Foreign(memory.buffer, BASE), apart };
    } catch {
      return undefined;
    }
  };
}

/** An arena in which no array lies: all that a call reads and writes is copied. */
class Foreign extends Arena {
  override addressOf(): number {
    return 0;
  }
}

/** How often the kernels in JavaScript stood in, since there was no memory for copies. */
let shortages = 0;
export const countShortages = (): number => shortages;

/** The engine to try if the memory of this one had no room for so many bytes; undefined if the host has no more memory. */
export function roomier({ apart }: Engine, bytes: number): Engine | undefined {
  // An arena hands out up to a quarter more than it is asked for. In the memory of the arrays, some need no copy.
  const engine = apart(2 * bytes + PAGE);
  if (!engine) shortages += 1;
  return engine;
}

/** Whether the smallest module compiles. */
function isAllowed(api: WebAssemblyApi): boolean {
  try {
    return Boolean(new api.Module(RELAXED.subarray(0, 8)));
  } catch {
    return false;
  }
}

/** The smallest module with a relaxed multiply-add: where it does not compile, the large one need not be read. */
const RELAXED = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // \0asm, version 1
  ...[1, 5, 1, 96, 0, 1, 123], // a function without arguments that gives a vector
  ...[3, 2, 1, 0],
  ...[10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11],
);

/** One memory for both builds, reserved once. Throws where not even the least can be had. */
function reserve(api: WebAssemblyApi): { readonly memory: Memory; readonly arena: Arena } {
  const inPage = 'document' in globalThis || 'WorkerGlobalScope' in globalThis;
  for (const bytes of inPage ? RESERVES.slice(1) : RESERVES) {
    try {
      const memory = new api.Memory({ initial: bytes / PAGE });
      return { memory, arena: new Arena(memory.buffer, BASE) };
    } catch {
      // The next smaller one may fit.
    }
  }
  throw new RangeError(`not even ${RESERVES.at(-1)! / 2 ** 20} MiB`);
}
