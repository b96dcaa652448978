import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { whereBuilt } from './built.js';
import { bundlers, bundledByEsbuild } from './bundlers.js';

// What a page has to load. The budgets are bytes after minification and gzip, in tests/package/budgets.json.

const OP = "import { tensor, add, vjp } from 'normtape/js'; console.log(vjp(() => add(tensor([1]), 2)));";
const norm = (entry: string): string =>
  `import { tensor, vjp, normalization, layerNorm } from '${entry}';
  const layer = normalization(layerNorm); console.log(vjp(() => layer.forward(tensor([[1, 2]]))));`;

/** The first program of the README, with its data. */
const [, QUICKSTART = ''] = /^```ts\n([^]*?)^```$/m.exec(readFileSync('README.md', 'utf8')) ?? [];

const PROGRAMS: Readonly<Record<string, string>> = {
  'an op with the tape, in JavaScript': OP,
  'a norm with the engine, in JavaScript': norm('normtape/js'),
  'a norm with the engine and plain kernels': `import 'normtape/wasm'; ${norm('normtape/js')}`,
  'a norm with the engine and all kernels': norm('normtape'),
  'the factory, in JavaScript': `import { createNormalizationLayer } from 'normtape/js'; console.log(createNormalizationLayer);`,
  'the first program of the README, in JavaScript': QUICKSTART.replace(
    "from 'normtape'",
    "from 'normtape/js'",
  ),
  'the first program of the README, with all kernels': QUICKSTART,
};

/** The digits of the compiled kernels begin with \0asm. */
const isCompiled = (code: string): boolean => /0061736d01000000/.test(code);

/** The kilobytes in the table of sizes, row by row: those of the programs, and those of everything. */
const stated = readFileSync('docs/anywhere.md', 'utf8')
  .split(/^## /m)
  .find((section) => section.startsWith('Size'))!
  .split('\n\n')
  .find((part) => part.startsWith('| program'))!
  .split('\n')
  .slice(2)
  .map((row) => Number(/(\d+) kB/.exec(row)![1]));

describe('a bundle', () => {
  const budgets = JSON.parse(readFileSync('tests/package/budgets.json', 'utf8')) as Record<string, number>;
  before(whereBuilt('dist/index.js'));

  it('has a budget for every program', () => {
    expect(Object.keys(PROGRAMS)).to.deep.equal(Object.keys(budgets));
  });

  Object.entries(PROGRAMS).forEach(([title, program], row) => {
    it(`keeps its budget, and has the size that docs/anywhere.md states: ${title}`, async () => {
      const size = gzipSync(await bundledByEsbuild(program), { level: 9 }).length;
      expect(size).to.be.at.most(budgets[title]!);
      expect(size, 'a budget to lower').to.be.above(0.9 * budgets[title]!);
      expect(1000 * stated[row]!).to.be.closeTo(size, 1000);
    });
  });

  it('of everything has the size that docs/anywhere.md states', () => {
    const size = gzipSync(readFileSync('dist/browser/normtape.js'), { level: 9 }).length;
    expect(stated).to.have.length(Object.keys(PROGRAMS).length + 1);
    expect(1000 * stated.at(-1)!).to.be.closeTo(size, 1000);
  });

  for (const [bundler, bundle] of Object.entries(bundlers)) {
    it(`by ${bundler} has compiled kernels only if an entry brings them`, async () => {
      const use = (entry: string, before = ''): Promise<string> =>
        bundle(`${before} import { tensor } from '${entry}'; console.log(tensor([1]));`);
      expect(isCompiled(await use('normtape/js'))).to.equal(false);
      expect(isCompiled(await use('normtape'))).to.equal(true);
      expect(isCompiled(await use('normtape/js', "import 'normtape/wasm';"))).to.equal(true);
      expect(isCompiled(await use('normtape/js', "import { fit } from 'normtape/train'; fit;"))).to.equal(
        false,
      );
      expect(await use('normtape/js')).not.to.match(/new Function|eval\(/);
    }).timeout(60_000);
  }
});
