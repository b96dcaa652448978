/** Makes one file of bytes from another by the edits that scripts/edits.mjs writes: it moves, adds, and copies. */
export function patched(original: Uint8Array, edits: Uint8Array): Uint8Array {
  let at = 0;
  /** The next count, in groups of seven bits, the lowest first. */
  const count = (): number => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = edits[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const bytes = new Uint8Array(count());
  for (let from = 0, to = 0; to < bytes.length;) {
    const move = count();
    from += move & 1 ? -(move + 1) / 2 : move / 2;
    const added = count();
    bytes.set(edits.subarray(at, at + added), to);
    at += added;
    to += added;
    const copied = count();
    bytes.set(original.subarray(from, from + copied), to);
    from += copied;
    to += copied;
  }
  return bytes;
}
