// Functions that are computed a vector at a time, over any number of numbers.

/** Buffers for the last vector, which is not whole: of the numbers, and of their gradients. */
const LEFT: usize = memory.data(16);
const BESIDE: usize = memory.data(16);

type Loop = (x: usize, out: usize, bytes: usize) => void;
type LoopBack = (g: usize, x: usize, out: usize, bytes: usize) => void;

/** Runs a loop over n float32, the last few as part of a vector whose other lanes are not written. */
export function each32(loop: Loop, x: usize, out: usize, n: i32): void {
  const bytes = <usize>n << 2, whole = bytes & ~15;
  loop(x, out, whole);
  if (bytes == whole) return;
  memory.copy(LEFT, x + whole, bytes - whole);
  loop(LEFT, LEFT, 16);
  memory.copy(out + whole, LEFT, bytes - whole);
}

/** The same for two operands. */
export function each32Back(loop: LoopBack, g: usize, x: usize, out: usize, n: i32): void {
  const bytes = <usize>n << 2, whole = bytes & ~15;
  loop(g, x, out, whole);
  if (bytes == whole) return;
  memory.copy(LEFT, x + whole, bytes - whole);
  memory.copy(BESIDE, g + whole, bytes - whole);
  loop(BESIDE, LEFT, LEFT, 16);
  memory.copy(out + whole, LEFT, bytes - whole);
}
