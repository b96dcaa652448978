import { at } from './loop.mjs';

/**
 * Rows of A and columns of B that one tile of the product takes: twelve sums, three of B and one of A are all the
 * registers that there are.
 */
const [HEIGHT, WIDTH] = [4, 3];
const each = (count, text) => Array.from({ length: count }, (_, k) => text(k)).join('\n');
const cells = (text) => each(HEIGHT, (r) => each(WIDTH, (c) => text(r, c)));

const pack = (name, count) => `
  /** Lays ${count} lines of \`depth\` numbers out abreast, from o on. */
  function ${name}(
    panel: Float64Array, o: number, data: Numbers, p: number, across: number, along: number, depth: number,
  ): void {
    for (let l = 0; l < depth; l++, p += along, o += ${count}) {
      ${each(count, (r) => `panel[${at('o', r)}] = data[${['p', 'p + across'][r] ?? `p + ${r} * across`}]!;`)}
    }
  }
`;

export const matmul = () => `
  ${pack('packRows', HEIGHT)}
  ${pack('packColumns', WIDTH)}

  /** One tile of ${HEIGHT} × ${WIDTH}, of rows from p and columns from q on: twelve sums that stay in registers. */
  function multiplyTile(tile: Float64Array, panel: Float64Array, p: number, q: number, depth: number): void {
    ${cells((r, c) => `let c${r}${c} = 0;`)}
    for (let l = 0; l < depth; l++, p += ${HEIGHT}, q += ${WIDTH}) {
      ${each(WIDTH, (c) => `const b${c} = panel[${at('q', c)}]!;`)}
      ${each(
        HEIGHT,
        (r) => `
          const a${r} = panel[${at('p', r)}]!;
          ${each(WIDTH, (c) => `c${r}${c} += a${r} * b${c};`)}
        `,
      )}
    }
    ${cells((r, c) => `tile[${r * WIDTH + c}] = c${r}${c};`)}
  }

  /** Adds a whole tile to an array with n columns, from o on. */
  function addTile(tile: Float64Array, out: Numbers, o: number, n: number): void {
    ${each(HEIGHT, (r) => `${each(WIDTH, (c) => `out[${at('o', c)}]! += tile[${r * WIDTH + c}]!;`)} ${r < HEIGHT - 1 ? 'o += n;' : ''}`)}
  }
`;
