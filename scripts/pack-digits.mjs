// Packs the digits into src/data/digits.packed.ts: node scripts/pack-digits.mjs path/to/digits.csv
// Half of all pixels are blank, and the others are spread evenly over 1 to 16. So a blank pixel is the bit 0, and any
// other is a 1 and the four bits of its ink − 1: at most 3 % more than the best code for single pixels. After the 64
// pixels of an image come the four bits of its label. The bits are written in base64.
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';

const [, , source] = process.argv;
const rows = readFileSync(source, 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(',').map(Number));

const fourBits = (n) => n.toString(2).padStart(4, '0');
const bits = rows
  .flatMap((row) => [
    ...row.slice(0, 64).map((ink) => (ink === 0 ? '0' : `1${fourBits(ink - 1)}`)),
    fourBits(row[64]),
  ])
  .join('');
const bytes = Uint8Array.from(bits.match(/.{1,8}/g), (byte) => parseInt(byte.padEnd(8, '0'), 2));
const lines = Buffer.from(bytes)
  .toString('base64')
  .match(/.{1,100}/g);

writeFileSync(
  'src/data/digits.packed.ts',
  `// Written by scripts/pack-digits.mjs, which says how. Source and licence: digits.ts.
export const COUNT = ${rows.length};
export const PACKED: string =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`,
);
