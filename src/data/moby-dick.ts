import { bytesOf } from '../kernels/index.js';
import { inflate } from './inflate.js';
import { BYTES, PACKED } from './moby-dick.packed.js';
import { textOf } from './utf8.js';

/**
 * The first 41 chapters of Herman Melville's "Moby-Dick; or, The Whale" (1851), without the heading of the first:
 * 384,076 characters, of which 82 are different. In the public domain. Unpacked anew by every call.
 */
export function mobyDick(): string {
  return textOf(inflate(bytesOf(PACKED), BYTES));
}
