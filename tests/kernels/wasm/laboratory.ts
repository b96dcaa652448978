import { compile } from '../../../src/kernels/wasm/engine.js';
import { builds } from '../../support/builds.js';
import type { Exports } from '../../../src/kernels/wasm/exports.js';

/** The compiled kernels with a stretch of their memory, in which arrays lie between guards. */
export interface Laboratory {
  readonly kernels: Exports;
  /** Forgets all arrays. */
  clear(): void;
  /** Copies numbers to a place of their own, and gives its address. */
  place(values: Values): number;
  /** The numbers there now; throws if something was written outside of them. */
  read<T extends Values>(address: number, like: T): T;
}

type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

const ROOM = 1 << 24;
const GUARD = 16;
const SENTINEL = 0xa5;

/** The builds that run here, each with a name for reports. */
export function laboratories(): [string, Laboratory][] {
  return (['plain', 'relaxed'] as const).flatMap((build) => {
    const made = laboratory(build);
    return made ? [[build, made] as [string, Laboratory]] : [];
  });
}

function laboratory(build: 'plain' | 'relaxed'): Laboratory | undefined {
  const engine = compile(build, builds);
  if (typeof engine === 'string') return undefined;
  const block = engine.arena.malloc(ROOM);
  if (!block) return undefined;
  const { buffer } = engine.arena;
  const first = block.address;
  let next = first;
  const guard = (at: number): Uint8Array => new Uint8Array(buffer, at, GUARD);
  return {
    kernels: engine.exports,
    clear: () => (next = first),
    place(values) {
      guard(next).fill(SENTINEL);
      const address = next + GUARD;
      new Uint8Array(buffer, address, values.byteLength).set(
        new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      );
      guard(address + values.byteLength).fill(SENTINEL);
      next = (address + values.byteLength + GUARD + 15) & ~15;
      if (next > first + ROOM) throw new Error('The laboratory is full.');
      return address;
    },
    read(address, like) {
      const intact = [address - GUARD, address + like.byteLength].every((at) =>
        guard(at).every((byte) => byte === SENTINEL),
      );
      if (!intact) throw new Error('A kernel wrote beside its array.');
      const Store = like.constructor as new (buffer: ArrayBufferLike) => typeof like;
      return new Store(buffer.slice(address, address + like.byteLength));
    },
  };
}

/** Numbers of a seed, in [0, 1): the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The two dtypes: how kernels are named for them, and the unit of their rounding, half the step above 1. */
export const PRECISIONS = [
  { suffix: '32', Store: Float32Array, unit: 2 ** -24, least: 2 ** -149 },
  { suffix: '64', Store: Float64Array, unit: 2 ** -53, least: 2 ** -1074 },
] as const;
