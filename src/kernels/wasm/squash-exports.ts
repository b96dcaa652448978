/** Part of the kernels of exports.ts; see squash32.ts and squash32-back.ts. The second gives the gradient of α. */
export interface SquashKernels {
  squash32(
    x: number,
    alpha: number,
    w: number,
    b: number,
    t: number,
    y: number,
    work: number,
    outer: number,
    n: number,
    inner: number,
  ): void;
  squashBack32(
    dy: number,
    x: number,
    t: number,
    alpha: number,
    w: number,
    dx: number,
    dw: number,
    db: number,
    work: number,
    outer: number,
    n: number,
    inner: number,
  ): number;
}

/** So many rows of numbers, each with so many bytes more, are room enough for either. */
export const SQUASH_WORK = { rows: 4, more: 16 };
