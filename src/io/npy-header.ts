import { NormtapeError } from '../error.js';

/** What the header of an .npy file states. */
export interface NpyHeader {
  /** The order of bytes and the kind of the numbers, such as '<f4'. */
  readonly descr: string;
  /** Whether the first axis is the one whose elements are neighbours. */
  readonly isFortran: boolean;
  readonly shape: readonly number[];
}

/** One entry of the dictionary: its key, and one of the values that NumPy writes. */
const ENTRY =
  /\s*(?:'(\w+)'|"(\w+)")\s*:\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False)|\(((?:\s*\d+\s*,)*\s*(?:\d+\s*)?)\))\s*/y;

const KEYS = ['descr', 'fortran_order', 'shape'];

/**
 * Reads the header of an .npy file, a dictionary in Python's notation, and evaluates nothing in it.
 *
 * @throws {NormtapeError} In the name of `where`, if it is no dictionary of the three keys.
 */
export function readHeader(where: string, text: string): NpyHeader {
  const at = `${where}: header`;
  const refuse = (expected: string, received: unknown, hint?: string): never => {
    throw new NormtapeError({ where: at, expected, received, hint });
  };
  const inner = /^\{([^{}]*)\}\s*$/.exec(text)?.[1] ?? refuse('a dictionary in braces', text);
  const values = new Map<string, string | boolean | readonly number[]>();
  let place = 0;
  while (inner.slice(place).trim() !== '') {
    ENTRY.lastIndex = place;
    const found = ENTRY.exec(inner);
    const hint = /'descr'\s*:\s*\[/.test(inner)
      ? 'It holds records: save the columns one by one.'
      : undefined;
    if (!found)
      return refuse(
        'a key and a string, a truth value or a tuple of whole numbers',
        inner.slice(place),
        hint,
      );
    const [all, single, double, text1, text2, flag, tuple] = found;
    const key = single ?? double!;
    if (!KEYS.includes(key) || values.has(key)) refuse(`each of the keys ${KEYS.join(', ')} once`, key);
    values.set(key, text1 ?? text2 ?? (tuple === undefined ? flag === 'True' : sizesIn(tuple)));
    place += all.length;
    if (inner[place] === ',') place++;
    else if (place < inner.length) refuse('a comma between entries', inner.slice(place));
  }
  const [descr, isFortran, shape] = KEYS.map((key) => values.get(key));
  if (typeof descr !== 'string' || typeof isFortran !== 'boolean' || !Array.isArray(shape))
    return refuse('a string as descr, a truth value as fortran_order and a tuple as shape', text);
  return { descr, isFortran, shape: shape as readonly number[] };
}

/** The numbers of a tuple. One number without a comma, as in (3), is no tuple in Python, but can mean nothing else. */
const sizesIn = (tuple: string): readonly number[] =>
  tuple
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
