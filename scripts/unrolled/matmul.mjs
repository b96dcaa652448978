import { at } from './loop.mjs';

/**
 * Rows of A and columns of B per tile of the product, and products per iteration. Eight sums and their factors leave
 * registers for addresses; with more of either, V8 spills some.
 */
const [HEIGHT, WIDTH, ROUND] = [4, 2, 2];
/** The number of lines of A and of B that are packed at once, and their depth. */
const [ROWS, COLUMNS, DEPTH] = [256, 256, 256];

const each = (count, text) => Array.from({ length: count }, (_, k) => text(k)).join('\n');
const cells = (text) => each(HEIGHT, (r) => each(WIDTH, (c) => text(r, c)));

const pack = (name, count) => `
  /** Interleaves ${count} lines of \`depth\` numbers, from o on. */
  function ${name}(
    panel: Float64Array, o: number, data: Numbers, p: number, across: number, along: number, depth: number,
  ): void {
    for (let l = 0; l < depth; l++, p += along, o += ${count}) {
      ${each(count, (r) => `panel[${at('o', r)}] = data[${['p', 'p + across'][r] ?? `p + ${r} * across`}]!;`)}
    }
  }
`;

const step = (l) => `{
  ${each(WIDTH, (c) => `const b${c} = numbers[${at('q', l * WIDTH + c)}]!;`)}
  ${each(
    HEIGHT,
    (r) => `
      const a${r} = numbers[${at('p', l * HEIGHT + r)}]!;
      ${each(WIDTH, (c) => `c${r}${c} += a${r} * b${c};`)}
    `,
  )}
}`;

export const matmul = (array) => `
  /** The numbers of rows of A and columns of B that are packed at once, their depth, and the size of a tile. */
  const packed = { rows: ${ROWS}, columns: ${COLUMNS}, depth: ${DEPTH}, height: ${HEIGHT}, width: ${WIDTH} } as const;

  /** Rows of A, then columns of B. V8 treats the address and length of an array that is never replaced as constants. */
  const panel = new Float64Array(${(ROWS + COLUMNS) * DEPTH});

  /** A buffer for tiles that extend beyond the edge of the product. */
  const edge = new ${array}(${HEIGHT * WIDTH});

  ${pack('packRows', HEIGHT)}
  ${pack('packColumns', WIDTH)}

  /** Adds one tile, of the panel's rows from p and columns from q on, to an array with n columns, from o on. */
  function addTile(p: number, q: number, depth: number, out: Numbers, o: number, n: number): void {
    // Bundlers turn constants of modules into variables, which V8 reads at every use.
    const numbers = panel;
    ${cells((r, c) => `let c${r}${c} = 0;`)}
    let left = depth;
    for (; left >= ${ROUND}; left -= ${ROUND}, p += ${ROUND * HEIGHT}, q += ${ROUND * WIDTH}) {
      ${each(ROUND, step)}
    }
    if (left) ${step(0)}
    ${each(HEIGHT, (r) => `${each(WIDTH, (c) => `out[${at('o', c)}]! += c${r}${c};`)} ${r < HEIGHT - 1 ? 'o += n;' : ''}`)}
  }
`;
