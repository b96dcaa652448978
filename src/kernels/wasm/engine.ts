import { binaries } from './binaries.js';
import type { Kernels } from './exports.js';

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

/** Compiled kernels, with the memory that they work in. */
export interface Engine {
  readonly kernels: Kernels;
  /** Makes room for so many bytes from `BASE` on; false where there is none to be had. */
  reserve(bytes: number): boolean;
  /** The memory as numbers; only until the next reserve, which may move it. */
  float32(): Float32Array;
  float64(): Float64Array;
}

/** The first bytes are left to the compiler, which keeps constants there. */
export const BASE = 4096;

const PAGE = 65536;
const INITIAL = 32;

/**
 * Compiles one of the two builds at once, which takes less than a millisecond. Undefined where that cannot be done:
 * the instructions are unknown, a page forbids it, or there is no room. Only trying tells.
 */
export function compile(build: keyof typeof binaries): Engine | undefined {
  const { WebAssembly: api, atob: decode } = globalThis as unknown as {
    readonly WebAssembly?: WebAssemblyApi;
    readonly atob: (text: string) => string;
  };
  if (!api) return undefined;
  try {
    const bytes = Uint8Array.from(decode(binaries[build]), (letter) => letter.charCodeAt(0));
    const memory = new api.Memory({ initial: INITIAL });
    const { exports } = new api.Instance(new api.Module(bytes), { env: { memory } });
    return engineOf(exports as Kernels, memory);
  } catch {
    return undefined;
  }
}

function engineOf(kernels: Kernels, memory: Memory): Engine {
  let narrow = new Float32Array(memory.buffer);
  let wide = new Float64Array(memory.buffer);
  return {
    kernels,
    reserve(bytes) {
      const missing = BASE + bytes - memory.buffer.byteLength;
      if (missing <= 0) return true;
      try {
        memory.grow(Math.ceil(missing / PAGE));
      } catch {
        return false;
      }
      narrow = new Float32Array(memory.buffer);
      wide = new Float64Array(memory.buffer);
      return true;
    },
    float32: () => narrow,
    float64: () => wide,
  };
}
