import { expect } from 'chai';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Sources } from './anchor.js';
import { type Edit, applied, change } from './patch.js';

describe('the anchor of a patch', () => {
  const roots: string[] = [];
  after(() => roots.forEach((root) => rmSync(root, { recursive: true })));

  const tree = (files: Readonly<Record<string, string>>): Sources => {
    const root = mkdtempSync(join(tmpdir(), 'normtape-anchors-'));
    roots.push(root);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    return new Sources(root);
  };
  const patched = (sources: Sources, ...edits: readonly Edit[]) =>
    Object.fromEntries(applied({ name: 'P', stands: [], edits, red: [] }, sources));
  const anywhere = change();

  it('is found whatever lines, comments and trailing commas stand around its words', () => {
    const sources = tree({ 'src/a.ts': "call(\n  one, // 'the first'\n  two /* it's */,\n);\n" });
    expect(patched(sources, anywhere('call(one, two)', 'done()'))).to.deep.equal({ 'src/a.ts': 'done();\n' });
  });

  it('is found in another file after a move, but never in part of a word or of a string', () => {
    const sources = tree({ 'src/deep/b.ts': 'sum += x;\n', 'src/c.ts': "mysum += x; 'sum += x';\n" });
    expect(patched(sources, anywhere('sum += x', 'sum = x'))).to.deep.equal({
      'src/deep/b.ts': 'sum = x;\n',
    });
  });

  it('is looked up in a folder, a file or a declaration, if one is named', () => {
    const one = 'function one() {\n  return 0;\n}\n';
    const sources = tree({
      'src/a.ts': `${one}\nexport const two = () => {\n  return 0;\n};\n`,
      'src/b/c.ts': 'return 0\n',
    });
    expect(patched(sources, change('one')('return 0', 'return 1'))['src/a.ts']).to.match(
      /1;\n}\n[^]*0;\n};\n$/,
    );
    expect(patched(sources, change('two')('return 0', 'return 1'))['src/a.ts']).to.match(
      /0;\n}\n[^]*1;\n};\n$/,
    );
    for (const place of ['src/b', 'src/b/c.ts'])
      expect(patched(sources, change(place)('return 0', ''))).to.have.all.keys('src/b/c.ts');
  });

  it('makes all edits to the text as it was, and adds what belongs at the end', () => {
    const sources = tree({ 'src/a.ts': 'a(b);\n' });
    expect(patched(sources, anywhere('a', 'b'), anywhere('b', 'a', 'const a = b;'))).to.deep.equal({
      'src/a.ts': 'b(a);\n\nconst a = b;\n',
    });
  });

  it('rejects in one line an anchor that is gone, or not unique, and edits that overlap', () => {
    const sources = tree({
      'src/a.ts': 'let x = 1;\nx = 1;\n',
      'src/b.ts': 'let x = 2;\n',
      'src/kernels/js/generated/c.ts': 'gone\n',
    });
    const failing = (edit: Edit, text: string) => expect(() => patched(sources, edit)).to.throw(text);
    failing(
      anywhere('gone', ''),
      'patch "P": anchor `gone` is not in src/; the code moved: find it and shorten',
    );
    failing(change('src/b.ts')('x = 1', ''), 'anchor `x = 1` is not in src/b.ts;');
    failing(anywhere('x = 1', ''), 'anchor `x = 1` is 2 times in src/ (src/a.ts:1, src/a.ts:2); lengthen it');
    failing(change('y')('x', ''), 'nothing in src declares `y`; it was renamed or moved: name it anew');
    failing(change('x')('x', ''), 'more than one file (src/a.ts:1, src/b.ts:1) in src declares `x`');
    expect(() => patched(sources, anywhere('let x = 2', ''), anywhere('x = 2', ''))).to.throw(
      'patch "P": two anchors overlap in src/b.ts',
    );
  });
});
