import { inflate } from './inflate.js';
import { BYTES, PACKED } from './moby-dick.packed.js';

/**
 * The first 41 chapters of Herman Melville's "Moby-Dick; or, The Whale" (1851), without the heading of the first:
 * 384,076 characters, of which 82 are different. In the public domain. Unpacked anew by every call.
 */
export function mobyDick(): string {
  const packed = Uint8Array.from(atob(PACKED), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(inflate(packed, BYTES));
}
