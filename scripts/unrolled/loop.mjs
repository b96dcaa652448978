// How loops are unrolled. V8 reads the length and the address of every array again in each iteration of a loop:
// handling several numbers per iteration shares that cost. With several sums, an addition can start before the last one
// is done.

/** The numbers per iteration. */
const WIDTH = 8;
/** The number of partial sums of a loop, if the order of additions is free. */
const SUMS = 4;

/** An offset plus `k`. */
export const at = (place, k) => (k ? `${place} + ${k}` : place);

const times = (count, text) => Array.from({ length: count }, (_, k) => text(k));

/**
 * The text of a loop over n numbers, eight at a time, and then over the rest. `step` returns the text for one number,
 * given its offset from the counters, in a scope of its own. All counters advance together.
 */
export const loop = (counters, step, width = WIDTH) => {
  const scoped = (text) => (text.includes('const ') ? `{ ${text} }` : text);
  const round = (count) => times(count, (k) => scoped(step(k))).join('\n');
  const go = (by) => counters.map((counter) => `${counter} += ${by}`).join(', ');
  return `
    let left = n;
    for (; left >= ${width}; left -= ${width}, ${go(width)}) { ${round(width)} }
    for (; left > 0; left--, ${counters.map((counter) => `${counter}++`).join(', ')}) { ${step(0)} }
  `;
};

/** Several partial sums that take turns: their declaration, the k-th of an iteration, and their total. */
export const abreast = {
  declare: (name) => times(SUMS, (k) => `let ${name}${k} = 0;`).join('\n'),
  sum: (name, k) => `${name}${k % SUMS}`,
  total: (name) => `(${name}0 + ${name}1 + (${name}2 + ${name}3))`,
};

/** A single sum, in the order of the numbers. */
export const inOrder = {
  declare: (name) => `let ${name} = 0;`,
  sum: (name) => name,
  total: (name) => name,
};
