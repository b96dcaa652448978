import { expect } from 'chai';
import { transformSync } from 'esbuild';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { Sources } from './anchor.js';
import { type Edit, applied } from './patch.js';
import { patches } from './patches/index.js';

const KEYWORDS =
  /^(as|break|catch|const|else|false|finally|for|function|get|if|import|in|keyof|new|return|set|this|throw|true|typeof|void)$/;
const TYPES = /^(Record|ReturnType|string|number|undefined)$/;

/** The names that an edit uses once, as if somebody else declared them, and that its file does not know. */
function unknown({ find, replace, append = '' }: Edit, text: string): readonly string[] {
  const added = `${replace}\n${append}`.replace(/'[^'\n]*'/g, '');
  const words = added.match(/(?<![.\w$#])[A-Za-z_]\w*/g) ?? [];
  const known = new Set(text.replace(find, '').match(/\w+/g));
  return words.filter(
    (word) =>
      !known.has(word) &&
      !(word in globalThis || KEYWORDS.test(word) || TYPES.test(word) || word === '_') &&
      !new RegExp(`\\b${word}:`).test(added) &&
      words.filter((other) => other === word).length === 1,
  );
}

/** The names that an edit imports from files of src that do not export them. */
function missing({ append = '' }: Edit, file: string, sources: Sources): readonly string[] {
  return [...append.matchAll(/import \{ (\w+)[^}]*\} from '(\.[^']*)\.js'/g)]
    .filter(([, name, path]) => !exports(beside(file, path!), name!, sources))
    .map(([, name, path]) => `${name} of ${beside(file, path!)}`);
}

const beside = (file: string, path: string): string => posix.join(posix.dirname(file), `${path}.ts`);

/** Whether a file exports a name itself, or all names of a file that does. */
function exports(file: string, name: string, sources: Sources): boolean {
  const text = sources.text(file);
  return (
    new RegExp(`^export\\b[^;=(]*\\b${name}\\b`, 'm').test(text) ||
    [...text.matchAll(/^export \* from '(\.[^']*)\.js'/gm)].some(([, path]) =>
      exports(beside(file, path!), name, sources),
    )
  );
}

describe('the wrong implementations', () => {
  const sources = new Sources();

  for (const patch of patches) {
    it(`"${patch.name}" is still one change of the source`, () => {
      const files = applied(patch, sources);
      expect(files.size).to.be.above(0);
      for (const text of files.values()) expect(() => transformSync(text, { loader: 'ts' })).not.to.throw();
      for (const edit of patch.edits) {
        const { file } = sources.locate(edit.find, edit.in);
        expect(unknown(edit, sources.text(file)), `names that ${file} no longer has`).to.deep.equal([]);
        expect(missing(edit, file, sources), 'imports that are not exported').to.deep.equal([]);
      }
    });
  }

  it('stand for every number of the list, and have names of their own', () => {
    const numbers = new Set(patches.flatMap(({ stands }) => stands));
    const rows = [...readFileSync('docs/mutation.md', 'utf8').matchAll(/^\| (?:\d+–)?(\d+) +\|/gm)];
    const last = Number(rows.at(-1)![1]);
    expect([...numbers].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: last }, (_, i) => i + 1));
    expect(new Set(patches.map(({ name }) => name)).size).to.equal(patches.length);
  });

  it('name tests that there are, and say why nothing sees the few that are right', () => {
    for (const { name, red, equivalent } of patches) {
      expect(red, name).not.to.deep.equal([]);
      for (const { file } of red) expect(existsSync(file), file).to.equal(true);
      if (equivalent !== undefined) expect(equivalent, name).to.match(/\.$/);
    }
  });
});
