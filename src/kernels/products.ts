import type { Groups, Numbers } from './numbers.js';

/** Numbers for each of the `inner` places beside each other: the same in every block, or others `step` further on. */
export interface Factor {
  readonly numbers: Numbers;
  readonly step: number;
}

/** out ← a ⊙ s + b ⊙ t, or a ⊙ s + t without b, where a, b and out are blocks of n × inner. */
export function sumOfProducts(
  a: Numbers,
  s: Factor,
  b: Numbers | undefined,
  t: Factor,
  out: Numbers,
  { outer, n, inner }: Groups,
): void {
  let p = 0;
  for (let o = 0; o < outer; o++) {
    const [q, r] = [o * s.step, o * t.step];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < inner; j++, p++) {
        const offset = t.numbers[r + j]!;
        out[p] = a[p]! * s.numbers[q + j]! + (b ? b[p]! * offset : offset);
      }
    }
  }
}
