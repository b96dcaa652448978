import { at, loop } from './loop.mjs';

const OPERATIONS = { add: '+', sub: '-', mul: '*', div: '/' };

const both = (name, sign) => `
  /** out ← x ${sign} y for n numbers from o, p and q on. */
  function ${name}(n: number, x: Numbers, p: number, y: Numbers, q: number, out: Numbers, o: number): void {
    ${loop(['p', 'q', 'o'], (k) => `out[${at('o', k)}] = x[${at('p', k)}]! ${sign} y[${at('q', k)}]!;`)}
  }
`;

const numberRight = (name, sign) => `
  /** out ← x ${sign} y for one number y. */
  function ${name}Number(n: number, x: Numbers, p: number, y: number, out: Numbers, o: number): void {
    ${loop(['p', 'o'], (k) => `out[${at('o', k)}] = x[${at('p', k)}]! ${sign} y;`)}
  }
`;

const numberLeft = (name, sign) => `
  /** out ← x ${sign} y for one number x. */
  function number${name[0].toUpperCase()}${name.slice(1)}(
    n: number, x: number, y: Numbers, q: number, out: Numbers, o: number,
  ): void {
    ${loop(['q', 'o'], (k) => `out[${at('o', k)}] = x ${sign} y[${at('q', k)}]!;`)}
  }
`;

const unary = (name, doc, given, formula) => `
  /** out ← ${doc}. */
  function ${name}(x: Numbers, out: Numbers${given}): void {
    const n = out.length;
    let p = 0;
    ${loop(['p'], (k) => `out[${at('p', k)}] = ${formula(`x[${at('p', k)}]!`)};`)}
  }
`;

export const elementwise = () =>
  [
    ...Object.entries(OPERATIONS).flatMap(([name, sign]) =>
      [both, numberRight, numberLeft].map((write) => write(name, sign)),
    ),
    unary('scale', 'factor · x', ', factor: number', (x) => `factor * ${x}`),
    unary('square', 'x²', '', (x) => `${x} * ${x}`),
  ].join('');
