import type { Expression, Step } from './steps.js';

// How the lines of a formula are written: as plain text, and as TeX.

/** The lines as plain text, one a step. */
export const asText = (steps: readonly Step[]): readonly string[] =>
  steps.map(({ symbol, expression }) => `${symbol} = ${plain(expression)}`);

/** The lines as TeX, aligned at their equals signs. */
export const asTeX = (steps: readonly Step[]): string => {
  const lines = steps.map(({ symbol, expression }) => `${texSymbol(symbol)} &= ${tex(expression)}`);
  return `\\begin{aligned} ${lines.join(' \\\\ ')} \\end{aligned}`;
};

interface Style {
  readonly minus: string;
  symbol(name: string): string;
  group(text: string): string;
  square(text: string): string;
  power(base: string, exponent: string): string;
  quotient(above: string, below: string): string;
  part(whole: string, which: string): string;
  /** Whether a fraction shows by itself what is above and what below. */
  readonly fractions: boolean;
  call(op: string, args: readonly string[], over: string | undefined): string;
}

/** b and p if the expression is exp(p ln b), which is b to the power p. */
function powerIn(x: Expression): { readonly base: Expression; readonly exponent: Expression } | undefined {
  const [product] = typeof x === 'object' && x.op === 'exp' ? x.of : [];
  if (typeof product !== 'object' || product.op !== 'mul') return undefined;
  const [exponent, log] = product.of as readonly [Expression, Expression];
  return typeof log === 'object' && log.op === 'log' ? { base: log.of[0]!, exponent } : undefined;
}

/** How tightly an expression holds together: a sum least, a symbol most. */
function binding(x: Expression, { fractions }: Style): number {
  if (typeof x !== 'object' || isSquare(x)) return 3;
  if (x.op === 'div') return fractions ? 3 : 2;
  return { add: 1, sub: 1, mul: 2 }[x.op] ?? 3;
}

const isSquare = (x: Expression): boolean => typeof x === 'object' && x.op === 'mul' && x.of[0] === x.of[1];

function printer(style: Style): (x: Expression) => string {
  const held = (x: Expression, least: number): string =>
    binding(x, style) < least ? style.group(print(x)) : print(x);
  const print = (x: Expression): string => {
    if (typeof x === 'number') return String(x);
    if (typeof x === 'string') return style.symbol(x);
    const [a, b] = x.of as readonly [Expression, Expression];
    if (isSquare(x)) return style.square(typeof a === 'object' ? style.group(print(a)) : print(a));
    const power = powerIn(x);
    if (power) return style.power(held(power.base, 3), print(power.exponent));
    if (x.op === 'add') return `${held(a, 1)} + ${held(b, 1)}`;
    if (x.op === 'sub') return `${held(a, 1)} ${style.minus} ${held(b, 2)}`;
    if (x.op === 'mul') return `${held(a, 2)} ${held(b, 3)}`;
    if (x.op === 'div')
      return style.fractions ? style.quotient(print(a), print(b)) : style.quotient(held(a, 2), held(b, 3));
    if (x.op === 'slice') return style.part(held(a, 3), x.over!);
    return style.call(x.op, x.of.map(print), x.over);
  };
  return print;
}

const plain = printer({
  minus: '−',
  fractions: false,
  symbol: (name) => name,
  group: (text) => `(${text})`,
  square: (text) => `${text}²`,
  power: (base, exponent) => `${base}^${/^[^ ]+$/.test(exponent) ? exponent : `(${exponent})`}`,
  quotient: (above, below) => `${above} / ${below}`,
  part: (whole, which) => `${whole}[${which}]`,
  call(op, args, over) {
    const inside = args.join(', ');
    if (op === 'concat') return `[${inside}]`;
    if (op === 'abs') return `|${inside}|`;
    if (op === 'positive') return `[${inside} > 0]`;
    const name = { sum: 'Σ', sqrt: '√', log: 'ln', maximum: 'max', minimum: 'min', sigmoid: 'σ' }[op] ?? op;
    return `${name}${over === undefined ? '' : ` over ${over} of `}(${inside})`;
  },
});

const GREEK: Readonly<Record<string, string>> = {
  α: '\\alpha',
  β: '\\beta',
  γ: '\\gamma',
  δ: '\\delta',
  ε: '\\varepsilon',
  ζ: '\\zeta',
  θ: '\\theta',
  λ: '\\lambda',
  μ: '\\mu',
  ν: '\\nu',
  ρ: '\\rho',
  σ: '\\sigma',
  τ: '\\tau',
  φ: '\\varphi',
  ψ: '\\psi',
};

const ACCENTS: Readonly<Record<string, string>> = { '\u0302': '\\hat', '\u0304': '\\bar' };

/** x̂ as \hat x, γ as \gamma, n_B with an index, and a word as a word. */
function texSymbol(name: string): string {
  const [, letters, index] = /^(\p{L}\p{M}?)_(\p{L})$/u.exec(name.normalize('NFD')) ?? [];
  if (letters !== undefined) return `${texSymbol(letters)}_${index}`;
  const [letter = '', accent, ...rest] = name.normalize('NFD');
  const base = GREEK[letter] ?? letter;
  if (accent === undefined) return base;
  if (rest.length === 0 && ACCENTS[accent] !== undefined) return `${ACCENTS[accent]}{${base}}`;
  return `\\text{${name.replaceAll('_', '\\_')}}`;
}

const tex = printer({
  minus: '-',
  fractions: true,
  symbol: texSymbol,
  group: (text) => `\\left(${text}\\right)`,
  square: (text) => `${text}^2`,
  power: (base, exponent) => `${base}^{${exponent}}`,
  quotient: (above, below) => `\\frac{${above}}{${below}}`,
  part: (whole, which) => `${whole}_{\\text{${which}}}`,
  call(op, args, over) {
    const inside = args.join(', ');
    if (op === 'concat') return `\\left[${inside}\\right]`;
    if (op === 'abs') return `\\left|${inside}\\right|`;
    if (op === 'positive') return `\\left[${inside} > 0\\right]`;
    if (op === 'sqrt') return `\\sqrt{${inside}}`;
    const name =
      {
        sum: '\\sum',
        log: '\\ln',
        maximum: '\\max',
        minimum: '\\min',
        sigmoid: '\\sigma',
        exp: '\\exp',
        tanh: '\\tanh',
        sin: '\\sin',
        cos: '\\cos',
        max: '\\max',
      }[op] ?? `\\operatorname{${op}}`;
    return `${name}${over === undefined ? '' : `_{\\text{${over}}}`}\\left(${inside}\\right)`;
  },
});
