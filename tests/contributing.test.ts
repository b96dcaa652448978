import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The imports of a definition inside the library, in place of those of the package. */
const INSIDE = [
  "import * as array from '../../array/index.js';",
  "import * as formulas from '../formula.js';",
  "import * as laws from '../invariants.js';",
  "import { norm } from '../norm.js';",
  "import * as option from '../option.js';",
  "import * as parts from '../parts/index.js';",
].join('\n');

/** A copy of what is in version control, with the packages that are installed here. */
function copyOfTree(): string {
  const root = mkdtempSync(join(tmpdir(), 'normtape-contributing-'));
  for (const path of ['src', 'tests', 'docs', 'examples', 'package.json', 'tsconfig.json', '.mocharc.json'])
    cpSync(path, join(root, path), { recursive: true, filter: (from) => !from.endsWith('node_modules') });
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
  return root;
}

// CONTRIBUTING says that a norm is one file and one line; here it is done, in a copy of the tree.
describe('the recipe for a norm', () => {
  let root: string;
  before(() => {
    root = copyOfTree();
    const own = readFileSync('examples/my-norm.ts', 'utf8');
    const inside = own.replace(/import \{[^}]*\} from 'normtape';/, INSIDE);
    expect(inside).not.to.equal(own);
    writeFileSync(join(root, 'src/norms/definitions/mean-absolute-norm.ts'), inside);
    appendFileSync(
      join(root, 'src/norms/catalog.ts'),
      "export { meanAbsoluteNorm } from './definitions/mean-absolute-norm.js';\n",
    );
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const node = (...args: readonly string[]) =>
    execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: 'pipe' });

  it('is one file and one line: it is documented, and its claims, derivation and vectors are tried', function () {
    this.timeout(120_000);
    node('--import', 'tsx', 'docs/generate.ts');
    expect(readFileSync(join(root, 'docs/norms/mean_absolute_norm.md'), 'utf8')).to.include(
      '## Backward pass',
    );
    const suites = ['tests/norms/**/*.test.ts', 'tests/oracle/*.test.ts', 'tests/architecture.test.ts'];
    // Every suite over the catalog names the types that it tries.
    const only = ['--grep', 'mean_absolute_norm|definition', '--reporter', 'dot'];
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/mocha/bin/mocha.js'), ...suites, ...only],
      { cwd: root, encoding: 'utf8', env: { ...process.env, RUNS: '10' } },
    );
    const [, passing] = /(\d+) passing/.exec(stdout) ?? expect.fail(`${stdout}\n${stderr}`);
    expect(Number(passing)).to.be.at.least(15);
    expect(stdout, stdout).not.to.match(/\d+ failing/);
  });
});
