/** How tightly the parts of an expression of Python hold together; lower is tighter. */
export const BINDING = { atom: 0, unary: 1, product: 2, sum: 3, comparison: 4 } as const;

/** An expression of Python. */
export interface Text {
  readonly text: string;
  readonly binding: number;
  /** What it is, if it is not a tensor of numbers: a number, or a tensor of truth values. */
  readonly is?: 'number' | 'condition' | undefined;
}

export const atom = (text: string): Text => ({ text, binding: BINDING.atom });

/** The text of an expression where only some bindings need no brackets. */
export const within = ({ text, binding }: Text, most: number): string =>
  binding <= most ? text : `(${text})`;

/** A number. */
export function literal(value: number): Text {
  const size = Math.abs(value) === Infinity ? 'math.inf' : digits(Math.abs(value));
  if (Number.isNaN(value)) return { ...atom('math.nan'), is: 'number' };
  const isNegative = value < 0 || Object.is(value, -0);
  return isNegative
    ? { text: `-${size}`, binding: BINDING.unary, is: 'number' }
    : { ...atom(size), is: 'number' };
}

const digits = (value: number): string => {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
};

/** Words that no variable may be: those of the language, and those of the file. */
export const RESERVED: readonly string[] = [
  'False None True and as assert async await break class continue def del elif else except finally for from',
  'global if import in is lambda nonlocal not or pass raise return try while with yield',
  'F batch input json math nn number os self torch read_safetensors Model load print range len int float',
].flatMap((words) => words.split(' '));

/** A tuple of whole numbers. */
export const tuple = (items: readonly (number | string)[]): string =>
  items.length === 1 ? `(${items[0]!},)` : `(${items.join(', ')})`;
