/** Rows of A and columns of B that one tile of the product takes. */
const TILE = 4;
const lanes = [0, 1, 2, 3];
const write = (text) => lanes.map(text).join('\n');
const every = (text) => write((r) => write((c) => text(r, c)));
const past = (place, k) => (k ? `${place} + ${k}` : place);

/** One step along the shared axis. More of them a round would need more registers than there are. */
const step = `{
  ${write((c) => `const b${c} = b[${past('q', c)}]!;`)}
  ${write(
    (r) => `
      const a${r} = a[${past('p', r)}]!;
      ${write((c) => `c${r}${c} += a${r} * b${c};`)}
    `,
  )}
}`;

export const matmul = () => `
  /** Lays four lines of \`depth\` numbers out abreast, from o on. */
  function packFour(
    panel: Float64Array, o: number, data: Numbers, p: number, across: number, along: number, depth: number,
  ): void {
    const [step2, step3] = [2 * across, 3 * across];
    for (let l = 0; l < depth; l++, p += along, o += ${TILE}) {
      ${write((r) => `panel[${past('o', r)}] = data[p${r ? ` + ${r === 1 ? 'across' : `step${r}`}` : ''}]!;`)}
    }
  }

  /** One tile of 4 × 4 from two panels: sixteen sums that stay in registers. */
  function multiplyTile(
    tile: Float64Array, a: Float64Array, p: number, b: Float64Array, q: number, depth: number,
  ): void {
    ${every((r, c) => `let c${r}${c} = 0;`)}
    for (let l = 0; l < depth; l++, p += ${TILE}, q += ${TILE}) ${step}
    ${every((r, c) => `tile[${r * TILE + c}] = c${r}${c};`)}
  }

  /** Adds a whole tile to an array with n columns, from o on. */
  function addTile(tile: Float64Array, out: Numbers, o: number, n: number): void {
    ${write((r) => `${write((c) => `out[${past('o', c)}]! += tile[${r * TILE + c}]!;`)} ${r < 3 ? 'o += n;' : ''}`)}
  }
`;
