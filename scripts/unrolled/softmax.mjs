import { at, loop } from './loop.mjs';

// Powers take most of the time, so sums keep the order of the plain loops, for the same bits. Calls share little, so
// four numbers per iteration are enough.
const few = (counters, step) => loop(counters, step, 4);

export const softmax = () => `
  /** out ← e^(x − largest) for n numbers from p on; returns their sum before rounding. */
  function powerOfRow(n: number, x: Numbers, p: number, largest: number, out: Numbers): number {
    let total = 0;
    ${few(
      ['p'],
      (k) =>
        `const power = Math.exp(x[${at('p', k)}]! - largest); out[${at('p', k)}] = power; total += power;`,
    )}
    return total;
  }

  /** out ← out / total for n numbers from p on. */
  function divideRow(n: number, out: Numbers, p: number, total: number): void {
    ${loop(['p'], (k) => `out[${at('p', k)}] = out[${at('p', k)}]! / total;`)}
  }

  /** Σ e^(x − largest) of n numbers from p on. */
  function sumPowers(n: number, x: Numbers, p: number, largest: number): number {
    let total = 0;
    ${few(['p'], (k) => `total += Math.exp(x[${at('p', k)}]! - largest);`)}
    return total;
  }

  /** out ← x − largest − log for n numbers from p on. */
  function lessBoth(n: number, x: Numbers, p: number, largest: number, log: number, out: Numbers): void {
    ${loop(['p'], (k) => `out[${at('p', k)}] = x[${at('p', k)}]! - largest - log;`)}
  }

  /** out ← y (g − inward) for n numbers from p on. */
  function softmaxPull(n: number, g: Numbers, y: Numbers, p: number, inward: number, out: Numbers): void {
    ${loop(['p'], (k) => `out[${at('p', k)}] = y[${at('p', k)}]! * (g[${at('p', k)}]! - inward);`)}
  }

  /** out ← g − eʸ · total for n numbers from p on. */
  function logSoftmaxPull(n: number, g: Numbers, y: Numbers, p: number, total: number, out: Numbers): void {
    ${few(['p'], (k) => `out[${at('p', k)}] = g[${at('p', k)}]! - Math.exp(y[${at('p', k)}]!) * total;`)}
  }
`;
