// How a loop is written out. V8 reads the length and the address of every array again in each round of a loop: several
// numbers a round share that. Several sums let an addition start before the last one is done.

/** How many numbers a round takes. */
const WIDTH = 8;
/** How many sums a loop keeps where the order of additions is free. */
const SUMS = 4;

/** A place `k` further on. */
export const at = (place, k) => (k ? `${place} + ${k}` : place);

const times = (count, text) => Array.from({ length: count }, (_, k) => text(k));

/**
 * A loop over n numbers, eight at a time, and then over the rest. `step` is the text of one: it is given how far past
 * the counter it is, and has a scope of its own. The counters are named, and go up together.
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

/** Several sums of one name, which take turns: how they are declared, which is the `k`-th's of a round, and all in one. */
export const abreast = {
  declare: (name) => times(SUMS, (k) => `let ${name}${k} = 0;`).join('\n'),
  sum: (name, k) => `${name}${k % SUMS}`,
  total: (name) => `(${name}0 + ${name}1 + (${name}2 + ${name}3))`,
};

/** One sum, in the order of the numbers. */
export const inOrder = {
  declare: (name) => `let ${name} = 0;`,
  sum: (name) => name,
  total: (name) => name,
};
