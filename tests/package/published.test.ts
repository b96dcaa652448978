import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { whereBuilt } from './built.js';

interface Packed {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** The files that npm would publish, without building or asking a registry. */
function packed(): Packed {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'];
  const [one] = JSON.parse(execFileSync('npm', args, { encoding: 'utf8', stdio: 'pipe' })) as Packed[];
  return one!;
}

const linksOf = (page: string): readonly string[] =>
  [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);

describe('the package as npm publishes it', () => {
  let pack: Packed;
  before(whereBuilt('dist/index.js'));
  before(() => (pack = packed()));

  it('is small', () => {
    // 53 norms and their pages, the entry for files and exports, and all code again for CommonJS and for pages.
    expect(pack.size).to.be.below(4_000_000);
    expect(pack.unpackedSize).to.be.below(14_200_000);
    expect(pack.files.filter(({ path }) => path.endsWith('.map'))).to.deep.equal([]);
  });

  it('contains all files that its pages link to, except sources', () => {
    const paths = new Set(pack.files.flatMap(({ path }) => [path, dirname(path)]));
    const pages = [...paths].filter((path) => path.endsWith('.md'));
    expect(pages).to.include.members(['README.md', 'docs/verify.md', 'CONTRIBUTING.md']);
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter((target) => !/^(https?:|#)/.test(target))
        .map((target) => join(dirname(page), target.split('#')[0]!))
        .filter((target) => !paths.has(target))
        .filter((target) => page === 'README.md' || !/^(src|tests|scripts)\//.test(target))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('has declarations of types, without values', () => {
    const long = pack.files
      .filter(({ path }) => path.endsWith('.d.ts'))
      .flatMap(({ path }) =>
        readFileSync(path, 'utf8')
          .split('\n')
          // The union of all types of norms is the longest.
          .flatMap((line) => (line.length > 1500 ? `${path}: a line of ${line.length}` : [])),
      );
    expect(long).to.deep.equal([]);
    const large = pack.files.filter(({ path, size }) => path.endsWith('.d.ts') && size > 55_000);
    expect(large).to.deep.equal([]);
  });
});
