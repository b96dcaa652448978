import { Arena } from './arena.js';
import { binaries } from './binaries.js';
import type { Kernels } from './exports.js';

interface Memory {
  readonly buffer: ArrayBuffer;
}

/** What is used of the global WebAssembly, which may be missing, or forbidden by a page. */
interface WebAssemblyApi {
  Memory: new (limits: { readonly initial: number }) => Memory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** Compiled kernels, and the memory that they and the arrays share. */
export interface Engine {
  readonly kernels: Kernels;
  readonly arena: Arena;
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
 * Compiles one of the two builds at once, which takes less than a millisecond. Undefined where that cannot be done:
 * the instructions are unknown, a page forbids it, or there is no room. Only trying tells.
 */
export function compile(build: keyof typeof binaries): Engine | undefined {
  const { WebAssembly: api } = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi };
  if (!api) return undefined;
  try {
    if (build === 'relaxed') new api.Module(RELAXED);
    const module = new api.Module(bytesOf(binaries[build]));
    const { memory, arena } = (shared ??= reserve(api));
    const { exports } = new api.Instance(module, { env: { memory } });
    return { kernels: exports as Kernels, arena };
  } catch {
    return undefined;
  }
}

/** The smallest module with a relaxed multiply-add: where it does not compile, the large one need not be read. */
const RELAXED = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // \0asm, version 1
  ...[1, 5, 1, 96, 0, 1, 123], // a function without arguments that gives a vector
  ...[3, 2, 1, 0],
  ...[10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11],
);

/** What a text in base64 stands for. Node's own way takes a tenth of the time of a loop that has never run before. */
function bytesOf(base64: string): Uint8Array {
  const { Buffer: buffers, atob: decode } = globalThis as unknown as {
    readonly Buffer?: { from(text: string, encoding: 'base64'): Uint8Array };
    readonly atob: (text: string) => string;
  };
  if (buffers) return buffers.from(base64, 'base64');
  const text = decode(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

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
  throw new RangeError('no room');
}
