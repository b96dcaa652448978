import type { Windows } from '../operands.js';

/** Runs as the kernels read them, three numbers each: the place in one operand and in the other, in bytes, and the length. */
export type Runs = readonly number[];

/** The longest run: so many products are summed up in float32 before their sum joins the others. */
export const DEPTH = 256;

/** Adds a run, cut if it is too long, with the steps in bytes from one number to the next in both operands. */
export function addRun(
  runs: number[],
  a: number,
  b: number,
  length: number,
  stepA: number,
  stepB: number,
): void {
  for (let from = 0; from < length; from += DEPTH)
    runs.push(a + from * stepA, b + from * stepB, Math.min(DEPTH, length - from));
}

/** The windows of a sample, line by line, in the frame and in the output. */
export function runsOfWindows(
  { down, across, stride }: Windows,
  row: number,
  stepA: number,
  stepB: number,
): Runs {
  const runs: number[] = [];
  for (let i = 0; i < down; i++) addRun(runs, i * stride[0] * row, i * across * stepB, across, stepA, stepB);
  return runs;
}
