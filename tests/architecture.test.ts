import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Folders of src from the ground up: each may import from those before it and from itself. */
const LAYERS = [
  'copy.ts',
  'escape.ts',
  'shown.ts',
  'error.ts',
  'demand.ts',
  'guarded.ts',
  'option',
  'kernels',
  'array',
  'autograd',
  'ops',
  'optim',
  'nn',
  'norms',
  'models',
  'io',
  'data',
  'train',
  'verify',
  'index.ts',
  'cli',
];

const level = (path: string): number => LAYERS.indexOf(path.split('/')[1]!);

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => join('src', path));

const imports = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, target]) => target!);

describe('the architecture', () => {
  it('imports only downwards', () => {
    const upward = sources.flatMap((path) =>
      imports(path)
        .map((target) => normalize(join(dirname(path), target)))
        .filter((target) => level(target.replace(/\.js$/, '.ts')) > level(path))
        .map((target) => `${path} imports ${target}`),
    );
    expect(upward).to.deep.equal([]);
  });

  it('has a level for every file', () => {
    expect(sources.filter((path) => level(path) < 0)).to.deep.equal([]);
  });

  it('keeps tensors, tapes and other norms out of the definitions', () => {
    const allowed = [
      '../../array/index.js',
      '../algebra.js',
      '../dml-plus.js',
      '../formula.js',
      '../invariants.js',
      '../norm.js',
      '../option.js',
      '../parts/affine.js',
      '../parts/index.js',
      '../parts/masked.js',
      '../parts/normalize.js',
      '../parts/running.js',
    ];
    const stray = sources
      .filter((path) => path.startsWith('src/norms/definitions/'))
      .flatMap((path) => imports(path).map((target) => ({ path, target })))
      .filter(({ target }) => !allowed.includes(target));
    expect(stray).to.deep.equal([]);
  });

  it('lists every definition in the catalog', () => {
    const catalog = readFileSync('src/norms/catalog.ts', 'utf8');
    const unlisted = readdirSync('src/norms/definitions').filter(
      (file) => !catalog.includes(file.replace('.ts', '.js')),
    );
    expect(unlisted).to.deep.equal([]);
  });
});
