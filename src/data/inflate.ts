/** The order in which a block lists the lengths of its code length codes. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LONGEST_CODE = 15;

/** The symbol that ends a block; symbols above it stand for lengths. */
const END = 256;
const LONGEST_MATCH = 258;

/** The numbers that one symbol stands for: the least, and how many further bits choose one. */
interface Range {
  readonly least: number;
  readonly bits: number;
}

/** Adjacent ranges from `least` on: `first` of 0 bits, then `repeats` of each width up to `widest`. */
function ranges(least: number, first: number, repeats: number, widest: number): Range[] {
  const widths = Array.from({ length: first + repeats * widest }, (_, i) =>
    i < first ? 0 : Math.floor((i - first) / repeats) + 1,
  );
  let next = least;
  return widths.map((bits) => {
    const range = { least: next, bits };
    next += 2 ** bits;
    return range;
  });
}

/** The longest match would end the last range, but has a symbol of its own instead. */
const LENGTHS: readonly Range[] = [...ranges(3, 8, 4, 5), { least: LONGEST_MATCH, bits: 0 }];
const DISTANCES: readonly Range[] = ranges(1, 4, 2, 13);

/**
 * Unpacks deflated data (RFC 1951, without a header) of `size` bytes. It is meant for data that ship with the package:
 * other input gives nonsense, without an error.
 */
export function inflate(packed: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  const input = new Bits(packed);
  let at = 0;
  let last = false;
  while (!last) {
    last = input.take(1) === 1;
    const kind = input.take(2);
    if (kind === 0) {
      at += input.copy(output, at);
      continue;
    }
    const [literals, distances] = kind === 1 ? FIXED : described(input);
    for (let symbol = literals(input); symbol !== END; symbol = literals(input)) {
      if (symbol < END) output[at++] = symbol;
      else {
        const length = within(input, LENGTHS[symbol - END - 1]!);
        const distance = within(input, DISTANCES[distances(input)]!);
        // The source of the copy may overlap its target: copy byte by byte.
        for (const end = at + length; at < end; at++) output[at] = output[at - distance]!;
      }
    }
  }
  return output;
}

const within = (input: Bits, { least, bits }: Range): number => least + input.take(bits);

/** Reads one symbol. */
type Code = (input: Bits) => number;

/** The code with these code lengths; codes of equal length follow the order of the symbols (RFC 1951, 3.2.2). */
function codeOf(lengths: readonly number[]): Code {
  const counts = Array.from(
    { length: LONGEST_CODE + 1 },
    (_, length) => lengths.filter((own) => own === length).length,
  );
  const symbols = lengths
    .map((length, symbol) => ({ length, symbol }))
    .filter(({ length }) => length > 0)
    .sort((a, b) => a.length - b.length || a.symbol - b.symbol)
    .map(({ symbol }) => symbol);
  return (input) => {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length <= LONGEST_CODE; length++) {
      code |= input.take(1);
      const count = counts[length]!;
      if (code - first < count) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return END;
  };
}

/** The codes that a block describes in its header. */
function described(input: Bits): readonly [Code, Code] {
  const [literals, distances, count] = [input.take(5) + 257, input.take(5) + 1, input.take(4) + 4];
  const own = ORDER.map(() => 0);
  for (const symbol of ORDER.slice(0, count)) own[symbol] = input.take(3);
  const code = codeOf(own);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = code(input);
    const [value, times] =
      symbol < 16
        ? [symbol, 1]
        : symbol === 16
          ? [lengths.at(-1)!, 3 + input.take(2)]
          : [0, symbol === 17 ? 3 + input.take(3) : 11 + input.take(7)];
    for (let i = 0; i < times; i++) lengths.push(value);
  }
  return [codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals))];
}

/** The codes of a block without a description. */
const FIXED: readonly [Code, Code] = [
  codeOf(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8))),
  codeOf(Array.from({ length: 30 }, () => 5)),
];

/** Reads bits, the lowest of each byte first. */
class Bits {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(count: number): number {
    let number = 0;
    for (let i = 0; i < count; i++, this.#position++) {
      number |= ((this.#bytes[this.#position >> 3]! >> (this.#position & 7)) & 1) << i;
    }
    return number;
  }

  /** Copies a stored block; returns its length. */
  copy(output: Uint8Array, at: number): number {
    const start = (this.#position + 7) >> 3;
    const length = this.#bytes[start]! | (this.#bytes[start + 1]! << 8);
    // The length is followed by its complement.
    output.set(this.#bytes.subarray(start + 4, start + 4 + length), at);
    this.#position = 8 * (start + 4 + length);
    return length;
  }
}
