// Packs the text into src/data/moby-dick.packed.ts: node scripts/pack-moby-dick.mjs path/to/moby-dick.txt
//
// Its UTF-8 is deflated (RFC 1951, without header or checksum) and written in base64: 212 kB of 389.
import { readFileSync, writeFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';

const [, , source] = process.argv;
const bytes = readFileSync(source);
const lines = deflateRawSync(bytes, { level: 9, memLevel: 9 })
  .toString('base64')
  .replaceAll(/.{1,100}/g, '\n$&');

// One literal of many lines, because compilers choke on long sums of literals; atob ignores the line breaks.
writeFileSync(
  'src/data/moby-dick.packed.ts',
  `// Written by scripts/pack-moby-dick.mjs, which says how. Source and licence: moby-dick.ts.
export const BYTES = ${bytes.length};
export const PACKED = \`${lines}\`;
`,
);
