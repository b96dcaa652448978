import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Result {
  readonly group: string;
  readonly name: string;
  readonly version: string;
  readonly outcome: string;
  readonly note: string;
}

/** What is used of the scripts behind `npm run environments`. */
interface Scripts {
  readonly environments: readonly { readonly group: string; readonly name: string; readonly run: unknown }[];
  judged(printed: string, kernels: string): string;
  page(results: readonly Result[], date: Date): Promise<string>;
}

const script = async (name: string): Promise<Partial<Scripts>> =>
  (await import(pathToFileURL(resolve(`scripts/environments/${name}.mjs`)).href)) as Partial<Scripts>;

/** The rows of the tables of a page, below their headings. */
const rowsOf = (text: string): readonly Result[] =>
  text
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const [group, ...lines] = section.split('\n') as [string, ...string[]];
      const rows = lines.filter((line) => line.startsWith('|')).slice(2);
      return rows.map((row) => {
        const [name, version, outcome, note] = row
          .split('|')
          .slice(1)
          .map((cell) => cell.trim()) as [string, string, string, string];
        return { group, name, version, outcome, note };
      });
    });

describe('the page of environments', () => {
  let scripts: Scripts;
  const text = readFileSync('docs/environments.md', 'utf8');
  before(async () => {
    const parts = await Promise.all(['list', 'program', 'page'].map(script));
    scripts = Object.assign({}, ...(parts as Scripts[])) as Scripts;
  });

  it('lists what npm run environments tries, and nothing that failed; if not, run it', () => {
    const rows = rowsOf(text);
    const named = ({ group, name }: { group: string; name: string }) => `${group}: ${name}`;
    expect(rows.map(named)).to.deep.equal(scripts.environments.map(named));
    expect(new Set(rows.map(named)).size).to.equal(rows.length);
    for (const { name, outcome, version } of rows) {
      expect(outcome, name).to.be.oneOf(['pass', 'not installed']);
      if (outcome === 'pass') expect(version, name).to.match(/^\d+\.\d+/);
    }
  });

  it('is as the command writes it', async () => {
    const [, date] = /on (\d{4}-\d\d-\d\d), on/.exec(text) ?? [];
    const [, host] = /, on (\w+ \w+)\.$/m.exec(text) ?? [];
    const written = await scripts.page(rowsOf(text), new Date(date!));
    expect(written.replace(`${process.platform} ${process.arch}`, host!)).to.equal(text);
  });

  it('has passes only for a loss that fell, the same with rests, a model that was loaded, and the kernels expected', () => {
    const good = { losses: [1, 0.2], isPatient: true, isLoaded: true, kernels: 'wasm-relaxed' };
    const judged = (change: object, kernels = 'wasm') =>
      scripts.judged(`a warning\n${JSON.stringify({ ...good, ...change })}\n`, kernels);
    expect(judged({})).to.equal('wasm-relaxed');
    expect(() => judged({ losses: [1, 0.6] })).to.throw('The loss went from 1 to 0.6.');
    expect(() => judged({ losses: [1, null] })).to.throw('The loss went from 1 to null.');
    expect(() => judged({ isPatient: false })).to.throw('fitAsync');
    expect(() => judged({ isLoaded: false })).to.throw('loaded');
    expect(() => judged({}, 'js')).to.throw('The kernels were wasm-relaxed, not js.');
    expect(() => judged({ error: 'Error: no' })).to.throw('Error: no');
    expect(() => scripts.judged('', 'wasm')).to.throw('It printed ""');
  });
});
