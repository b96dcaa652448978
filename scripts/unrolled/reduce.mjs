import { at, loop } from './loop.mjs';

// A NaN is not larger than anything, and nothing is larger than a NaN: once it is the largest, it stays so. Most numbers
// are not above the largest so far, and need the first comparison alone.
const keepLarger = (x, most, place = most) => `
  const value = ${x}!;
  if (!(value <= ${most}) && (value > ${most} || value !== value)) ${place} = value;
`;

// A sum and the rounding errors of its additions, as in src/kernels/js/reduce.ts; each addition waits only for the one
// before.
const keepLost = (value, total, lost) => `
  const value = ${value};
  const next = ${total} + value;
  const added = next - ${total};
  ${lost} += ${total} - (next - added) + (value - added);
  ${total} = next;
`;

export const reduce = () => `
  /** Σx of n numbers from p on. */
  function sumRow(n: number, x: Numbers, p: number): number {
    let sum = 0;
    ${loop(['p'], (k) => `sum += x[${at('p', k)}]!;`)}
    return sum;
  }

  /** Σx of n numbers from p on, with the rounding errors of its additions, unless the sum is infinite. */
  function compensatedRow(n: number, x: Numbers, p: number): number {
    let sum = 0;
    let lost = 0;
    ${loop(['p'], (k) => keepLost(`x[${at('p', k)}]!`, 'sum', 'lost'))}
    return Number.isFinite(lost) ? sum + lost : sum;
  }

  /** The largest of n numbers from p on; a NaN wins. */
  function maxRow(n: number, x: Numbers, p: number): number {
    let most = -Infinity;
    ${loop(['p'], (k) => keepLarger(`x[${at('p', k)}]`, 'most'))}
    return most;
  }

  /** totals ← totals + x for n numbers from t and p on. */
  function addRow(n: number, totals: Float64Array, t: number, x: Numbers, p: number): void {
    ${loop(['t', 'p'], (k) => `totals[${at('t', k)}]! += x[${at('p', k)}]!;`)}
  }

  /** totals ← totals + x; the rounding errors are added to \`lost\`, from q on. */
  function addCompensated(n: number, totals: Float64Array, t: number, lost: Float64Array, q: number, x: Numbers, p: number): void {
    ${loop(['t', 'q', 'p'], (k) => keepLost(`x[${at('p', k)}]!`, `totals[${at('t', k)}]!`, `lost[${at('q', k)}]!`).replace(/(totals\[[^\]]*\])! = next/, '$1 = next'))}
  }

  /** most ← max(most, x) for n numbers from t and p on; a NaN wins. */
  function largerRow(n: number, most: Float64Array, t: number, x: Numbers, p: number): void {
    ${loop(['t', 'p'], (k) => keepLarger(`x[${at('p', k)}]`, `most[${at('t', k)}]!`, `most[${at('t', k)}]`))}
  }

  /** Σxy of n numbers from p and q on. */
  function dotRow(n: number, x: Numbers, p: number, y: Numbers, q: number): number {
    let sum = 0;
    ${loop(['p', 'q'], (k) => `sum += x[${at('p', k)}]! * y[${at('q', k)}]!;`)}
    return sum;
  }

  /** Σxy with the rounding errors of its additions. */
  function compensatedDot(n: number, x: Numbers, p: number, y: Numbers, q: number): number {
    let sum = 0;
    let lost = 0;
    ${loop(['p', 'q'], (k) => keepLost(`x[${at('p', k)}]! * y[${at('q', k)}]!`, 'sum', 'lost'))}
    return Number.isFinite(lost) ? sum + lost : sum;
  }
`;
