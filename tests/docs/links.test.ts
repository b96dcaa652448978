import { expect } from 'chai';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { builtInTypes } from '../../src/norms/built-in.js';

const pages = [
  ...readdirSync('.'),
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((file) => join('docs', file)),
].filter((file) => file.endsWith('.md'));

const linksOf = (page: string): readonly string[] =>
  [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);

describe('the pages', () => {
  it('have no broken links', () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter((target) => !/^(https?:|#)/.test(target))
        .map((target) => join(dirname(page), target.split('#')[0]!))
        .filter((target) => !existsSync(target))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('show every norm in the README', () => {
    const shown = linksOf('README.md').filter((target) => target.startsWith('docs/norms/'));
    expect(shown).to.have.members(builtInTypes.map((type) => `docs/norms/${type}.md`));
  });

  it('show every folder of the source, in the order of imports', () => {
    const table = [...readFileSync('docs/architecture.md', 'utf8').matchAll(/^\| `([\w.-]+)\/?` /gm)];
    const folders = table.map(([, name]) => name!).filter((name) => existsSync(join('src', name)));
    expect(folders).to.have.members(readdirSync('src'));

    const ladder = readFileSync('tests/architecture.test.ts', 'utf8');
    const order = folders.map((name) => ladder.indexOf(`'${name}'`));
    expect(order).to.deep.equal([...order].sort((a, b) => a - b));
  });

  it('list every decision', () => {
    const listed = linksOf('docs/decisions/README.md');
    const written = readdirSync('docs/decisions').filter((file) => file !== 'README.md');
    expect(listed).to.deep.equal(written.sort());
  });
});
