import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import * as library from '../../src/index.js';
import { whereBuilt } from './built.js';

const FOLDER = 'dist/node';
const ENTRIES = ['index.js', 'data/index.js', 'train/index.js', 'verify/index.js', 'verify/checked.js'];

const urlOf = (entry: string): string => pathToFileURL(resolve(FOLDER, entry)).href;
const load = async (entry: string) => (await import(urlOf(entry))) as Readonly<Record<string, unknown>>;

const isClass = (value: unknown): value is new () => unknown =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

/** The variables a module declares at its top, as constants or not, and where in the sources each is from. */
function* declarations(path: string) {
  const code = readFileSync(path, 'utf8');
  const file = ts.createSourceFile(path, code, ts.ScriptTarget.ES2022);
  let source = '';
  for (const statement of file.statements) {
    // Above what came of a source stands its path.
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

  // In a process of its own: what an entry point needs must be there whichever is first.
  for (const entry of ENTRIES) {
    it(`can begin with ${entry}`, () => {
      execFileSync(process.execPath, ['--input-type=module', '-e', `import ${JSON.stringify(urlOf(entry))}`]);
    });
  }

  it('export what the sources do', async () => {
    expect(Object.keys(await load('index.js'))).to.have.members(Object.keys(library));
  });

  it('share their classes', async () => {
    const [{ NormtapeError }, { digits }] = [await load('index.js'), await load('data/index.js')];
    const wrongly = (digits as (options: unknown) => unknown).bind(undefined, { scaled: 1 });
    expect(wrongly).to.throw(NormtapeError as ErrorConstructor);
  });

  it('keep the names of classes, by which summaries call modules, and of functions, which stacks show', async () => {
    const all = await Promise.all(ENTRIES.map(load));
    const classes = all.flatMap(Object.entries).filter(([, value]) => isClass(value));
    expect(classes).to.not.be.empty;
    for (const [name, value] of classes) expect(value).to.have.property('name', name);
    expect(all[0]).to.have.nested.property('vjp.name', 'vjp');
  });

  // V8 builds a constant into the code that reads it, and reads a variable each time: a product took a fifth more.
  it('keep constants constant', () => {
    const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.js'),
    );
    const own = files
      .flatMap((path) => [...declarations(join(FOLDER, path))])
      .filter(({ source }) => source.startsWith('src/'));
    const kept = own.filter(({ flags }) => flags & ts.NodeFlags.Const);
    // Classes are hoisted, and objects of all that a module exports are made by a call.
    const lost = own.filter(
      ({ flags, initializer }) =>
        !(flags & ts.NodeFlags.BlockScoped) &&
        !(initializer && (ts.isClassExpression(initializer) || ts.isCallExpression(initializer))),
    );
    expect(lost.map(({ source }) => source)).to.deep.equal([]);
    expect(kept).to.not.be.empty;
  });
});
