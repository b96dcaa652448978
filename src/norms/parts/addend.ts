/** The smallest normal number of float32. */
const LEAST = 2 ** -126;

/**
 * The offset that is added to a gain. If its magnitude is below the smallest normal number of float32, it counts as 0 in any
 * dtype: added to a gain of 0 in float32, it would lose its digits.
 */
export const addend = (offset: number): number => (Math.abs(offset) < LEAST ? 0 : offset);
