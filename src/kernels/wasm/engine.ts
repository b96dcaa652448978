import { bytesOfDigits } from '../digits.js';
import { Arena } from './arena.js';
import type { Exports } from './exports.js';
import { patched } from './patch.js';

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The parts of the global WebAssembly in use; it may be missing, or forbidden by a page. */
interface WebAssemblyApi {
  Memory: new (limits: { readonly initial: number }) => Memory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** The compiled kernels as digits. The relaxed build is stored as its difference, since it is nearly the plain one. */
export interface Builds {
  readonly plain?: string;
  readonly edits?: string;
}

/** The entries of the package that bring the builds. */
const ENTRIES = { plain: 'wasm', relaxed: 'wasm-relaxed' } as const;

/** Compiled kernels, and the memory that they and the arrays share. */
export interface Engine {
  readonly exports: Exports;
  readonly arena: Arena;
  /**
   * The same kernels over a separate memory, with so many bytes for the copies of one call; undefined if the host has
   * no more memory. Each call reuses it.
   */
  apart(bytes: number): Engine | undefined;
}

const PAGE = 65536;

/** The first page is the kernels' own: scripts/build-kernels.mjs gives each build a place in it. */
export const BASE = PAGE;

/**
 * The bytes of memory to reserve, the most first: 1 GiB outside of web pages, 256 MiB in them. Memory costs nothing
 * until it is written to, but some hosts have few addresses.
 */
const RESERVES = [2 ** 30, 2 ** 28, 2 ** 26];

let shared: { readonly memory: Memory; readonly arena: Arena } | undefined;

/**
 * Compiles one of the two builds, in about a millisecond. Returns the reason instead if that fails: an instruction is
 * unknown, a page forbids it, or there is no memory. Only an attempt shows that.
 */
export function compile(build: 'plain' | 'relaxed', { plain, edits }: Builds): Engine | string {
  const digits = build === 'plain' ? plain : edits;
  if (plain === undefined || digits === undefined)
    return `the program does not import normtape/${ENTRIES[build]}`;
  const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi };
  if (!api) return 'this host has no WebAssembly';
  try {
    if (build === 'relaxed') new api.Module(RELAXED);
    const module = new api.Module(
      build === 'plain' ? bytesOfDigits(plain) : patched(bytesOfDigits(plain), bytesOfDigits(digits)),
    );
    const { memory, arena } = (shared ??= reserve(api));
    const exportsIn = (memory: Memory): Exports =>
      new api.Instance(module, { env: { memory } }).exports as Exports;
    return { exports: exportsIn(memory), arena, apart: spareOf(api, exportsIn) };
  } catch (error) {
    const { name, message } = error as Error;
    if (name === 'RangeError') return `no memory could be reserved (${message})`;
    // The policy of a page rejects any module; an unknown instruction, only one that holds it.
    return isAllowed(api)
      ? `WebAssembly here lacks an instruction (${message})`
      : `the Content-Security-Policy of the page forbids WebAssembly (${message})`;
  }
}

/** Kernels over a memory that holds no array, so that it may grow. It is made by the first call. */
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

/** An arena that holds no array: every operand of a call is copied. */
class Foreign extends Arena {
  override addressOf(): number {
    return 0;
  }
}

/** How often a kernel in JavaScript ran because there was no memory for copies. */
let shortages = 0;
export const countShortages = (): number => shortages;

/**
 * The engine to try if the memory of this one had no room for so many bytes; undefined if the host has no more
 * memory.
 */
export function roomier({ apart }: Engine, bytes: number): Engine | undefined {
  // An arena allocates up to a quarter more than it is asked for, and operands in the memory of the arrays were not
  // counted.
  const engine = apart(2 * bytes + PAGE);
  if (!engine) shortages += 1;
  return engine;
}

/** Whether the smallest module compiles, which only a page's policy prevents. */
function isAllowed(api: WebAssemblyApi): boolean {
  try {
    return Boolean(new api.Module(RELAXED.subarray(0, 8)));
  } catch {
    return false;
  }
}

/** The smallest module with a relaxed multiply-add: if it does not compile, neither does the relaxed build. */
const RELAXED = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // \0asm, version 1
  ...[1, 5, 1, 96, 0, 1, 123], // a function without arguments that gives a vector
  ...[3, 2, 1, 0],
  ...[10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11],
);

/**
 * Reserves one memory for both builds.
 * @throws RangeError if not even the least can be reserved.
 */
function reserve(api: WebAssemblyApi): { readonly memory: Memory; readonly arena: Arena } {
  const inPage = 'document' in globalThis || 'WorkerGlobalScope' in globalThis;
  for (const bytes of inPage ? RESERVES.slice(1) : RESERVES) {
    try {
      const memory = new api.Memory({ initial: bytes / PAGE });
      return { memory, arena: new Arena(memory.buffer, BASE) };
    } catch {
      // A smaller one may fit.
    }
  }
  throw new RangeError(`not even ${RESERVES.at(-1)! / 2 ** 20} MiB`);
}
