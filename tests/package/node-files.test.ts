import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import * as library from '../../src/index.js';
import { whereBuilt } from './built.js';

const FOLDER = 'dist/node';
const ENTRIES = [
  'index.js',
  'data/index.js',
  'io/index.js',
  'train/index.js',
  'verify/index.js',
  'verify/checked.js',
];

const urlOf = (entry: string): string => pathToFileURL(resolve(FOLDER, entry)).href;
const load = async (entry: string) => (await import(urlOf(entry))) as Readonly<Record<string, unknown>>;

const isClass = (value: unknown): value is new () => unknown =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

/** The variables that a module declares at its top level, whether they are constant, and their source files. */
function* declarations(path: string) {
  const code = readFileSync(path, 'utf8');
  const file = ts.createSourceFile(path, code, ts.ScriptTarget.ES2022);
  let source = '';
  for (const statement of file.statements) {
    // A comment above the code of a source names its path.
    const before = code.slice(statement.pos, statement.getStart(file));
    source =
      before
        .match(/^\/\/ (\S+)$/gm)
        ?.at(-1)
        ?.slice(3) ?? source;
    if (!ts.isVariableStatement(statement)) continue;
    const { declarations, flags } = statement.declarationList;
    for (const { initializer } of declarations) yield { flags, initializer, source };
  }
}

describe('the few files for Node', () => {
  before(whereBuilt(join(FOLDER, 'index.js')));

  // In its own process: each entry point must work whichever is loaded first.
  for (const entry of ENTRIES) {
    it(`work with ${entry} loaded first`, () => {
      execFileSync(process.execPath, ['--input-type=module', '-e', `import ${JSON.stringify(urlOf(entry))}`]);
    });
  }

  it('export the same names as the sources', async () => {
    expect(Object.keys(await load('index.js'))).to.have.members(Object.keys(library));
  });

  it('share their classes', async () => {
    const [{ NormtapeError }, { digits }] = [await load('index.js'), await load('data/index.js')];
    const wrongly = (digits as (options: unknown) => unknown).bind(undefined, { scaled: 1 });
    expect(wrongly).to.throw(NormtapeError as ErrorConstructor);
  });

  it('keep the names of classes for summaries, and of functions for stack traces', async () => {
    const all = await Promise.all(ENTRIES.map(load));
    const classes = all.flatMap(Object.entries).filter(([, value]) => isClass(value));
    expect(classes).to.not.be.empty;
    for (const [name, value] of classes) expect(value).to.have.property('name', name);
    expect(all[0]).to.have.nested.property('vjp.name', 'vjp');
  });

  // V8 inlines a constant into code that reads it, and reads a variable each time, which made a product a fifth slower.
  it('keep constants constant', () => {
    const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.js'),
    );
    const own = files
      .flatMap((path) => [...declarations(join(FOLDER, path))])
      .filter(({ source }) => source.startsWith('src/'));
    const kept = own.filter(({ flags }) => flags & ts.NodeFlags.Const);
    // Classes are hoisted, and namespace objects are made by a call.
    const lost = own.filter(
      ({ flags, initializer }) =>
        !(flags & ts.NodeFlags.BlockScoped) &&
        !(initializer && (ts.isClassExpression(initializer) || ts.isCallExpression(initializer))),
    );
    expect(lost.map(({ source }) => source)).to.deep.equal([]);
    expect(kept).to.not.be.empty;
  });
});
