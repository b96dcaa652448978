// Start-up cost: a program that imports the package and normalizes once, compared with an empty program.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { compare } from './compare.mjs';

const PACKAGE = new URL('../../../dist/node/index.js', import.meta.url).href;
const FIRST = `
import { createNormalizationLayer, tensor } from ${JSON.stringify(PACKAGE)};
createNormalizationLayer('layer_norm').forward(tensor([[1, 2, 3, 4]]));
`;

const program = (source) => async (times) => {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < times; i++) {
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source]);
    if (status !== 0) throw new Error(String(stderr));
  }
  return Number(process.hrtime.bigint() - begin);
};

/**
 * The time of import and first forward in milliseconds, relative to an empty program, and the size of the modules after
 * gzip.
 */
export async function startup({ rounds }) {
  const times = await compare(
    [
      { name: 'empty', run: program('') },
      { name: 'first', run: program(FIRST) },
    ],
    { rounds: rounds * 2, sample: 1, warm: 200, budget: 1e5 },
  );
  return { milliseconds: (times.first.median - times.empty.median) / 1e6, gzip: moduleSizes() };
}

/** The size after gzip of each module of kernels that is embedded in the package. */
function moduleSizes() {
  const source = readFileSync(
    new URL('../../../dist/kernels/wasm/binaries/plain.js', import.meta.url),
    'utf8',
  );
  // They begin with \0asm.
  const embedded = [...source.matchAll(/["'`](0061736d[0-9a-f]*)["'`]/g)];
  return embedded.map(([, digits]) => gzipSync(Buffer.from(digits, 'hex')).length);
}
