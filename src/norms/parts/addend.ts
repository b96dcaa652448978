/** The smallest normal number of float32. */
const LEAST = 2 ** -126;

/**
 * The offset that is added to a gain. One nearer to 0 than the smallest normal number of float32 counts as 0 in any dtype:
 * next to a gain of 0, float32 would hold few digits of it, or none.
 */
export const addend = (offset: number): number => (Math.abs(offset) < LEAST ? 0 : offset);
