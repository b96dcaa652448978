import { sizeOf } from '../../array/index.js';
import type { Node } from '../graph/node.js';

/** A value that one function of the file gives to others. */
export interface Crossing {
  readonly node: Node;
  /** The number of the function that computes it, and of the last that reads it. */
  readonly made: number;
  readonly last: number;
}

/** Shared memory: the size of each buffer, in numbers, and the buffer of each value. */
export interface Memory {
  readonly sizes: readonly number[];
  readonly places: ReadonlyMap<Node, number>;
}

/**
 * Gives each value a buffer that no other value needs at the same time: the smallest that is large enough, or else the
 * largest, which grows.
 */
export function planned(crossings: readonly Crossing[]): Memory {
  const buffers: { size: number; until: number }[] = [];
  const places = new Map<Node, number>();
  for (const { node, made, last } of crossings) {
    const size = sizeOf(node.shape);
    const free = buffers.filter(({ until }) => until < made).sort((a, b) => a.size - b.size);
    const buffer = free.find((one) => one.size >= size) ?? free.at(-1) ?? { size, until: last };
    if (!buffers.includes(buffer)) buffers.push(buffer);
    Object.assign(buffer, { size: Math.max(buffer.size, size), until: last });
    places.set(node, buffers.indexOf(buffer));
  }
  return { sizes: buffers.map(({ size }) => size), places };
}
