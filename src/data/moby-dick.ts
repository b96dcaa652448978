import { bytesOf } from '../kernels/index.js';
import { inflate } from './inflate.js';
import { BYTES, PACKED } from './moby-dick.packed.js';
import { textOf } from '../utf8.js';

/**
 * The first 41 chapters of Herman Melville's "Moby-Dick; or, The Whale" (1851), without the first heading: 384,076
 * characters, 82 of them different. In the public domain. Each call unpacks the text again.
 */
export function mobyDick(): string {
  return textOf(inflate(bytesOf(PACKED), BYTES));
}
