// Parts of matrices, laid out in the order in which tiles read them. All steps are in elements.

/** Packs `depth` rows of B, of 64 or 32 bytes each; missing columns are 0. Returns the place. */
export function packStrip<T extends number>(
  to: usize, from: usize, bRow: i32, bColumn: i32, columns: i32, depth: i32, width: usize,
): usize {
  const size = sizeof<T>(), step = <usize>bRow * size, across = <usize>bColumn * size;
  if (bColumn == 1 && <usize>columns * size == width) {
    for (let o = to; depth > 0; depth--, from += step, o += width) {
      v128.store(o, v128.load(from));
      v128.store(o, v128.load(from, 16), 16);
      if (width == 32) continue;
      v128.store(o, v128.load(from, 32), 32);
      v128.store(o, v128.load(from, 48), 48);
    }
    return to;
  }
  let c: i32 = 0;
  if (size == 4 && bRow == 1) {
    for (; c + 4 <= columns; c += 4) {
      turn(to + ((<usize>c) << 2), from + <usize>c * across, across, depth, width);
    }
  }
  for (; c < <i32>(width / size); c++) {
    let o = to + <usize>c * size, p = from + <usize>c * across, left = depth;
    if (c < columns) {
      do {
        store<T>(o, load<T>(p));
        p += step;
        o += width;
      } while (--left);
    } else {
      do {
        store<T>(o, <T>0);
        o += width;
      } while (--left);
    }
  }
  return to;
}

/** Four columns, each without gaps, as rows of four. */
function turn(to: usize, from: usize, across: usize, depth: i32, width: usize): void {
  const from1 = from + across, from2 = from1 + across, from3 = from2 + across;
  let at: usize = 0;
  const whole = (<usize>(depth & ~3)) << 2, end = (<usize>depth) << 2;
  for (; at < whole; at += 16, to += 4 * width) {
    const v0 = v128.load(from + at), v1 = v128.load(from1 + at);
    const v2 = v128.load(from2 + at), v3 = v128.load(from3 + at);
    const low01 = v128.shuffle<i32>(v0, v1, 0, 4, 1, 5), high01 = v128.shuffle<i32>(v0, v1, 2, 6, 3, 7);
    const low23 = v128.shuffle<i32>(v2, v3, 0, 4, 1, 5), high23 = v128.shuffle<i32>(v2, v3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
    v128.store(to + width, v128.shuffle<i64>(low01, low23, 1, 3));
    v128.store(to + 2 * width, v128.shuffle<i64>(high01, high23, 0, 2));
    v128.store(to + 3 * width, v128.shuffle<i64>(high01, high23, 1, 3));
  }
  for (; at < end; at += 4, to += width) {
    store<f32>(to, load<f32>(from + at));
    store<f32>(to, load<f32>(from1 + at), 4);
    store<f32>(to, load<f32>(from2 + at), 8);
    store<f32>(to, load<f32>(from3 + at), 12);
  }
}

/** Interleaves pairs of neighbouring rows of A: two numbers of the one, two of the other. The last row may be alone. */
export function packPairs<T extends number>(to: usize, from: usize, aColumn: i32, rows: i32, depth: i32): void {
  const size = sizeof<T>(), step = <usize>aColumn * size, line = <usize>depth * size;
  // A few at a time, since they lie in the same lines of the cache.
  for (let i: i32 = 0; i < rows; i += 16) {
    const some = min(16, rows - i);
    let p = from + <usize>i * size, o = to + <usize>i * line;
    for (let l: i32 = 0; l < depth; l++, p += step, o += 2 * size) {
      let q = o, c: i32 = 0;
      for (; c + 2 <= some; c += 2, q += 2 * line) {
        if (size == 4) store<i64>(q, load<i64>(p + ((<usize>c) << 2)));
        else v128.store(q, v128.load(p + ((<usize>c) << 3)));
      }
      if (c < some) store<T>(q - <usize>l * size, load<T>(p + <usize>c * size));
    }
  }
}
