import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { whereBuilt } from './built.js';

const urlOf = (entry: string): string => pathToFileURL(resolve('dist', 'node', entry)).href;

/** The output of plain Node for a program that ends with an error. */
const uncaught = (entry: string, program: string): string =>
  spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `import * as lib from '${urlOf(entry)}'; ${program}`],
    {
      encoding: 'utf8',
    },
  ).stderr;

const MISTAKES = {
  'a type that is unknown': [
    'index.js',
    "lib.createNormalizationLayer('layernorm')",
    'Did you mean layer_norm?',
  ],
  'an option that is unknown': ['index.js', 'new lib.Adam({ lr: 1 })', 'Adam'],
  'a tensor of another dtype': [
    'index.js',
    "lib.add(lib.tensor([1]), lib.tensor([1], { dtype: 'float64' }))",
    'expected tensors of one dtype',
  ],
  'a shape that does not fit': [
    'index.js',
    'lib.matmul(lib.tensor([[1, 2]]), lib.tensor([[1, 2]]))',
    'matmul',
  ],
  'data that are none': ['data/index.js', 'lib.readCsv(3)', 'expected'],
  'options of fit': ['train/index.js', 'lib.fit(1, 2, 3)', 'expected'],
  'a claim that is unknown': ['verify/checked.js', "lib.verifyNormalization('nope')", 'expected'],
} as const;

describe('an uncaught error in plain Node', () => {
  before(whereBuilt('dist/node/index.js'));

  for (const [mistake, [entry, program, message]] of Object.entries(MISTAKES)) {
    it(`prints the message first: ${mistake}`, () => {
      const printed = uncaught(entry, program);
      const lines = printed.split('\n');
      const at = lines.findIndex((line) => line.includes(message));
      expect(at, printed.slice(0, 2000)).to.be.within(0, 8);
      expect(printed.length).to.be.below(3000);
      // Once only, not again as a property of the error.
      expect(printed).to.not.include('report:');
    });
  }

  it('shows short lines, because files that can throw have no long lines except data', () => {
    const files = [
      ...readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter(
        (path) => path.endsWith('.js') && !/packed|binaries|page\.js|^browser/.test(path),
      ),
    ].map((path) => resolve('dist', path));
    expect(files.filter((path) => existsSync(path)).length).to.be.above(100);
    const long = files.flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line.length > 400 && /throw|Error/.test(line) && !/^(import|export) \{/.test(line))
        .map((line) => `${path}: ${line.slice(0, 80)}`),
    );
    expect(long).to.deep.equal([]);
  });
});
