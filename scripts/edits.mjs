/** The least number of bytes that are worth an edit of their own. */
const SHARED = 8;

/**
 * Writes how one file of bytes becomes another: the length of the other, and then edits, each of which moves in the first
 * file, adds bytes of its own, and copies bytes of the first. `patched` in src/kernels/wasm/patch.ts reads it.
 */
export function editsOf(from, to) {
  const starts = startsIn(from);
  const edits = [];
  /** Groups of seven bits, the lowest first. */
  const write = (count) => {
    for (; count > 127; count >>>= 7) edits.push((count & 127) | 128);
    edits.push(count);
  };
  write(to.length);
  let [at, start] = [0, 0];
  for (let next = 0; start < to.length;) {
    const { place, length } = next < to.length ? longest(from, starts, to, next) : { place: at, length: 0 };
    if (length < SHARED && next < to.length) next++;
    else {
      const move = place - at;
      write(move < 0 ? -2 * move - 1 : 2 * move);
      write(next - start);
      edits.push(...to.subarray(start, next));
      write(length);
      at = place + length;
      next = start = next + length;
    }
  }
  return Uint8Array.from(edits);
}

const key = (bytes, at) => bytes.subarray(at, at + SHARED).join();

/** The places at which each sequence of bytes starts. */
function startsIn(bytes) {
  const starts = new Map();
  for (let at = 0; at + SHARED <= bytes.length; at++) {
    const places = starts.get(key(bytes, at));
    if (places) places.push(at);
    else starts.set(key(bytes, at), [at]);
  }
  return starts;
}

/** The longest stretch of `from` that starts as `to` does from `next` on. */
function longest(from, starts, to, next) {
  let best = { place: 0, length: 0 };
  for (const place of starts.get(key(to, next)) ?? []) {
    let length = 0;
    while (next + length < to.length && from[place + length] === to[next + length]) length++;
    if (length > best.length) best = { place, length };
  }
  return best;
}
