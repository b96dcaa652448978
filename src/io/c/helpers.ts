import type { Helper } from './writing.js';

/** The lines of each helper function, in the type of sums and under a name. */
export const HELPERS: Readonly<Record<Helper, (real: string, name: string) => readonly string[]>> = {
  maximum: (real, name) => [
    '/* The larger of two numbers; NaN if one is. */',
    `static ${real} ${name}(${real} a, ${real} b) {`,
    '  return a > b || a != a ? a : b;',
    '}',
  ],
  minimum: (real, name) => [
    '/* The smaller of two numbers; NaN if one is. */',
    `static ${real} ${name}(${real} a, ${real} b) {`,
    '  return a < b || a != a ? a : b;',
    '}',
  ],
  sigmoid: (real, name) => [`static ${real} ${name}(${real} x) {`, '  return 1 / (1 + exp(-x));', '}'],
};
