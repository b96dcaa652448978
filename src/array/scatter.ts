/** Numbers of a Mersenne twister: where its state is read again, and the matrix of its recurrence. */
const MIDDLE = 397;
const MATRIX = 0x9908b0df;

/**
 * The first four numbers of the Mersenne twister MT19937 of this seed (Matsumoto and Nishimura 1998), each an integer of 32
 * bits. They scatter the bits of a seed over a whole state.
 */
export function scattered(seed: number): readonly [number, number, number, number] {
  const state = new Int32Array(MIDDLE + 4);
  state[0] = seed;
  for (let i = 1; i < state.length; i++) {
    const last = state[i - 1]!;
    state[i] = Math.imul(last ^ (last >>> 30), 0x6c078965) + i;
  }
  const at = (i: number): number => tempered(twisted(state[i]!, state[i + 1]!, state[i + MIDDLE]!));
  return [at(0), at(1), at(2), at(3)];
}

/** A number of the state in the next round. */
function twisted(own: number, next: number, middle: number): number {
  const mixed = (own & 0x80000000) | (next & 0x7fffffff);
  return middle ^ (mixed >>> 1) ^ (mixed & 1 ? MATRIX : 0);
}

function tempered(x: number): number {
  let y = x;
  y ^= y >>> 11;
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  return y ^ (y >>> 18);
}
