import { expect } from 'chai';
import { structuredPatch } from 'diff';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { mochaArguments } from '../support/mocha.js';

const COPIED = ['src', 'tests', 'docs', 'examples', 'scripts'];
const SINGLE = ['package.json', 'tsconfig.json', '.mocharc.json', 'README.md', 'CHANGELOG.md', 'LICENSE'];

/** A copy of the tree, in which a test follows a recipe of CONTRIBUTING.md. */
class Copy {
  readonly root = mkdtempSync(join(tmpdir(), 'normtape-contributing-'));

  constructor() {
    for (const path of [...COPIED, ...SINGLE])
      cpSync(path, join(this.root, path), {
        recursive: true,
        filter: (from) => !from.endsWith('node_modules'),
      });
    symlinkSync(join(process.cwd(), 'node_modules'), join(this.root, 'node_modules'));
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  /** Writes a new file. */
  write(path: string, text: string): void {
    writeFileSync(join(this.root, path), text, { flag: 'wx' });
  }

  /** Adds a line at the end of a file. */
  append(path: string, line: string): void {
    appendFileSync(join(this.root, path), `${line}\n`);
  }

  /** Puts text before the only place where a file says this. */
  insert(path: string, before: string, text: string): void {
    const [start, end, ...more] = this.read(path).split(before);
    if (end === undefined || more.length) throw new Error(`${path} does not say once:\n${before}`);
    writeFileSync(join(this.root, path), start + text + before + end);
  }

  /** The edits so far: for each file that differs from the original or is new, the count of changed places. */
  edits(): Readonly<Record<string, number>> {
    const paths = COPIED.flatMap((folder) =>
      readdirSync(join(this.root, folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => relative(this.root, join(parentPath, name))),
    );
    const edits: Record<string, number> = {};
    for (const path of paths) {
      const [before, after] = [existsSync(path) ? readFileSync(path, 'utf8') : '', this.read(path)];
      if (before === after) continue;
      edits[path] = structuredPatch(path, path, before, after, '', '', { context: 0 }).hunks.length;
    }
    return edits;
  }

  /** Runs Node in the copy; returns its output. */
  node(...args: readonly string[]): string {
    return execFileSync(process.execPath, args, { cwd: this.root, encoding: 'utf8', stdio: 'pipe' });
  }

  /** Writes the pages that `npm run docs` writes. */
  docs(): void {
    this.node('--import', 'tsx', 'docs/generate.ts');
  }

  /** Throws if files, or files that they import, have type errors. */
  types(...files: readonly string[]): void {
    const settings = { extends: './tsconfig.json', include: [], files };
    this.write('tsconfig.few.json', JSON.stringify(settings));
    const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
    const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.few.json'], {
      cwd: this.root,
      encoding: 'utf8',
    });
    rmSync(join(this.root, 'tsconfig.few.json'));
    expect(status, stdout).to.equal(0);
  }

  /** Runs the tests of some files whose titles match; returns how many passed, and demands that none fails. */
  mocha(files: readonly string[], titles: RegExp): number {
    const args = mochaArguments(...files, '--grep', String(titles), '--reporter', 'dot');
    const settings = { cwd: this.root, encoding: 'utf8', env: { ...process.env, RUNS: '10' } } as const;
    const { stdout, stderr } = spawnSync(process.execPath, args, settings);
    expect(stdout, stdout).not.to.match(/\d+ failing/);
    const [, passing] = /(\d+) passing/.exec(stdout) ?? expect.fail(`${stdout}\n${stderr}`);
    return Number(passing);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export type { Copy };

/** Gives the tests of a suite one copy of the tree, after `add` has followed the recipe in it. */
export function inCopy(add: (copy: Copy) => void): () => Copy {
  let copy: Copy;
  before(function () {
    this.timeout(60_000);
    copy = new Copy();
    add(copy);
  });
  after(() => copy?.remove());
  return () => copy;
}
