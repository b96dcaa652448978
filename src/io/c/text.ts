/** How tightly the parts of an expression of C hold together; lower is tighter. */
export const BINDING = { atom: 0, unary: 1, product: 2, sum: 3, comparison: 4, condition: 5 } as const;

/** An expression of C, and how tightly it holds together. */
export interface Text {
  readonly text: string;
  readonly binding: number;
  /** Whether its type is float, so that C would compute with it in float. */
  readonly isFloat?: boolean;
}

export const atom = (text: string): Text => ({ text, binding: BINDING.atom });

/** The text of an expression where only some bindings need no brackets. */
export const within = ({ text, binding }: Text, most: number): string =>
  binding <= most ? text : `(${text})`;

/**
 * Two operands with an operator, which is computed in the type `real`. The right one is bracketed if it holds as loosely, so
 * that nothing is computed in another order.
 */
export function operation(real: string, a: Text, sign: string, b: Text, binding: number): Text {
  const isFloat = a.isFloat === true && b.isFloat === true && binding < BINDING.comparison;
  const left = isFloat ? `(${real})${within(a, BINDING.atom)}` : within(a, binding);
  return { text: `${left} ${sign} ${within(b, binding - 1)}`, binding };
}

/** A number as a double of C. */
export function literal(value: number): Text {
  if (Number.isNaN(value)) return atom('NAN');
  const size = Math.abs(value) === Infinity ? 'INFINITY' : digits(Math.abs(value));
  const isNegative = value < 0 || Object.is(value, -0);
  return isNegative ? { text: `-${size}`, binding: BINDING.unary } : atom(size);
}

/** A number as a float of C, in as few digits as tell it from all others. */
export function floatLiteral(value: number): string {
  if (!Number.isFinite(value)) return literal(value).text;
  const short = [6, 7, 8, 9].map((digits) => Number(value.toPrecision(digits)));
  return `${literal(short.find((one) => Object.is(Math.fround(one), value)) ?? value).text}f`;
}

const digits = (value: number): string => {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
};

const KEYWORDS =
  'auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short signed sizeof static struct switch union unsigned void volatile while';

/** The counters of nested loops, from the outermost to the innermost. */
export const COUNTERS = [...'ijklmnpqrstuvw'];

/** Words that no name may be. */
export const RESERVED: readonly string[] = [
  ...KEYWORDS.split(' '),
  ...COUNTERS,
  'abs fabs sqrt exp log tanh sin cos erf main bool true false'.split(' '),
].flat();

/** Whether a text can be a name of C that the language does not use itself. */
export const isName = (text: unknown): text is string =>
  typeof text === 'string' && /^[A-Za-z]\w{0,62}$/.test(text) && !RESERVED.includes(text);
