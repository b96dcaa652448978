import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { initialize, load, resolve } from '../../../src/cli/norms/hooks.js';
import { stripTypes } from '../../../src/cli/norms/strip-types.js';
import { folder } from '../support.js';

const SOURCE = `import { type Shape, sizeOf } from './shapes.js';
import type { Other } from './other.js';
enum Side { left = 1, right }
export class Box<T extends Shape> {
  declare readonly tag: string;
  constructor(private readonly shape: T, public side: Side = Side.right) {}
  size(): number { return sizeOf(this.shape as T)!; }
}
export const wrong = (): Other => { throw new Error('on line 9' satisfies string); };
`;

describe('a TypeScript file', () => {
  it('loses its types, and keeps its lines', async () => {
    const code = stripTypes(SOURCE, 'box.ts').replace(
      /import .* from '.\/shapes.js';/,
      'const sizeOf = (s) => s[0] * s[1];',
    );
    const { Box } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      Box: new (shape: readonly number[]) => { size(): number; side: number };
    };
    const box = new Box([2, 3]);
    expect([box.size(), box.side]).to.deep.equal([6, 2]);
    expect(code).to.not.include('other.js');
    expect(code.split('\n').length).to.equal(SOURCE.split('\n').length);
    expect(code.split('\n')[8]).to.include('on line 9');
  });

  it('is rejected if it is not TypeScript, or if code would be lost', () => {
    expect(() => stripTypes('export const = 1;', 'bad.ts')).to.throw(/bad\.ts/);
    expect(() =>
      stripTypes('const a = 1;\nexport namespace Mine {\n  export const b = 1;\n}', 'n.ts'),
    ).to.throw('n.ts: namespaces with values are not supported (namespace Mine)');
    expect(stripTypes('declare namespace Theirs { const b: number }\nexport {};', 'n.ts')).to.match(
      /export \{\}/,
    );
  });
});

describe('the hooks by which Node loads such a file', () => {
  const path = folder();
  const next = (url: string) => ({ url });
  const context = (parent: string) => ({
    conditions: [],
    importAttributes: {},
    importAssertions: {},
    parentURL: pathToFileURL(join(path, parent)).href,
  });
  const asked = async (specifier: string, parent: string) =>
    (await resolve(specifier, context(parent), next)).url;

  before(() => {
    for (const name of ['both.js', 'both.ts', 'typed.ts'])
      writeFileSync(join(path, name), 'export const a: 1 = 1');
    initialize({ normtape: ['norm', 'laws'], 'normtape/train': ['fit'] });
  });

  it('resolve ./other.js to other.ts if only that exists', async () => {
    expect(await asked('./typed.js', 'mine.ts')).to.equal(pathToFileURL(join(path, 'typed.ts')).href);
    expect(await asked('./both.js', 'mine.ts')).to.equal('./both.js');
    expect(await asked('./typed.js', 'mine.js')).to.equal('./typed.js');
    expect(await asked('typed.js', 'mine.ts')).to.equal('typed.js');
  });

  it('load the running copy of the package, and no other package', async () => {
    const url = await asked('normtape/train', 'mine.ts');
    const { source } = await load(
      url,
      { conditions: [], format: undefined, importAttributes: {}, importAssertions: {} },
      () => {
        throw new Error('not to be called');
      },
    );
    expect(String(source)).to.match(/^export const \{ fit \} = globalThis\[.*\]\["normtape\/train"\];$/);
    expect(await asked('normtape-other', 'mine.ts')).to.equal('normtape-other');
  });
});
