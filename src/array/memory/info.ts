import { arena } from '../../kernels/index.js';
import { retiredStores } from './deferred.js';

/** The memory that arrays take up. */
export interface MemoryInfo {
  /** The bytes that arrays in use hold, in the memory of the kernels. */
  readonly bytes: number;
  /** The count of these arrays. */
  readonly arrays: number;
  /** The bytes of arrays that training has used and that can still be read, until others need the memory. */
  readonly retired: number;
  /** The bytes that are reserved for arrays; 0 if each array is a typed array of its own. */
  readonly reserved: number;
}

/** The memory that arrays occupy. Arrays created by the caller, or returned to it as typed arrays, are not counted. */
export function memoryInfo(): MemoryInfo {
  const memory = arena();
  if (!memory) return { bytes: 0, arrays: 0, retired: 0, reserved: 0 };
  const retired = retiredStores();
  const bytes = retired.reduce((sum, store) => sum + store.bytes, 0);
  return {
    bytes: memory.used.bytes - bytes,
    arrays: memory.used.blocks - retired.length,
    retired: bytes,
    reserved: memory.buffer.byteLength,
  };
}
