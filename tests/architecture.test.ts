import { expect } from 'chai';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { preProcessFile } from 'typescript';

/** Folders of src from the ground up: each may import from those before it and from itself. */
const LAYERS = [
  'context.ts',
  'copy.ts',
  'escape.ts',
  'shown.ts',
  'error.ts',
  'demand.ts',
  'guarded.ts',
  'json.ts',
  'utf8.ts',
  'option',
  'kernels',
  'wasm.ts',
  'wasm-relaxed.ts',
  'array',
  'autograd',
  'ops',
  'optim',
  'nn',
  'norms',
  'models',
  'data',
  'train',
  'verify',
  'js.ts',
  'index.ts',
  'io',
  'cli',
];

const level = (path: string): number => LAYERS.indexOf(path.split('/')[1]!);

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => join('src', path));

/** The relative specifiers of every import and re-export of a file, including types and dynamic imports. */
const imports = (path: string): string[] =>
  preProcessFile(readFileSync(path, 'utf8'))
    .importedFiles.map(({ fileName }) => fileName)
    .filter((target) => target.startsWith('.'));

/** The files of src that a file imports. */
const imported = (path: string): string[] =>
  imports(path).map((target) => `${normalize(join(dirname(path), target)).replace(/\.js$/, '')}.ts`);

/** Circles of imports, each as its files in order, ending with the first; none if there is no circle. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const visited = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) found.push([...path.slice(start), file].join(' → '));
    if (visited.has(file)) return;
    visited.add(file);
    path.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    path.pop();
  };
  for (const file of graph.keys()) visit(file);
  return found;
}

describe('the architecture', () => {
  it('imports only downwards', () => {
    const upward = sources.flatMap((path) =>
      imported(path)
        .filter((target) => level(target) > level(path))
        .map((target) => `${path} imports ${target}`),
    );
    expect(upward).to.deep.equal([]);
  });

  it('has no circle of imports, including imports of types', () => {
    expect(circles(new Map(sources.map((path) => [path, imported(path)])))).to.deep.equal([]);
  });

  it('finds a circle, and prints its files in order', () => {
    const graph = { 'a.ts': ['b.ts', 'd.ts'], 'b.ts': ['c.ts'], 'c.ts': ['b.ts'], 'd.ts': ['d.ts', 'c.ts'] };
    expect(circles(new Map(Object.entries(graph)))).to.deep.equal(['b.ts → c.ts → b.ts', 'd.ts → d.ts']);
  });

  it('imports only files that there are', () => {
    const missing = sources.flatMap((path) =>
      imported(path)
        .filter((target) => !sources.includes(target))
        .map((target) => `${path} imports ${target}`),
    );
    expect(missing).to.deep.equal([]);
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
      '../laws/index.js',
      '../norm.js',
      '../option.js',
    ];
    const stray = sources
      .filter((path) => path.startsWith('src/norms/definitions/'))
      .flatMap((path) => imports(path).map((target) => ({ path, target })))
      .filter(({ target }) => !allowed.includes(target) && !target.startsWith('../parts/'));
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
