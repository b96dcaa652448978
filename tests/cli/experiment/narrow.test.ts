import { expect } from 'chai';
import fc from 'fast-check';
import { narrowed } from '../../../src/cli/experiment/narrow.js';
import { inTerminal } from '../../../src/cli/report/table.js';

const widest = (shown: string): number => Math.max(...shown.split('\n').map((line) => line.length));

const letters = fc.constantFrom(...'abcxyz_:, ');
const words = fc.string({ unit: letters, minLength: 1, maxLength: 120 }).map((text) => text.trim() || 'x');

describe('a narrowed table', () => {
  it('fits into 80 columns, keeps all text, and never breaks numbers', () => {
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 3 }), words, words, (names, title, note) => {
        const numbers = names.map((_, i) => `${i}.5 ± 127.1`);
        const table = {
          columns: [
            { title: 'name', align: 'left' },
            { title },
            { title: 'seeds' },
            { title: 'note', align: 'left' },
          ],
          rows: names.map((name, i) => ({ cells: [name, numbers[i]!, '20', note] })),
        } as const;
        const made = narrowed(table);
        expect(widest(inTerminal(made))).to.be.at.most(80);
        const bare = (text: string) => text.replace(/\s/g, '');
        expect(bare(made.columns[1]!.title)).to.equal(bare(title));
        made.rows.forEach(({ cells }, i) => {
          expect(bare(cells[0]!)).to.equal(bare(names[i]!));
          expect(cells[1]).to.equal(numbers[i]);
          expect(bare(cells[3]!)).to.equal(bare(note));
        });
      }),
    );
  });

  it('is unchanged if it fits', () => {
    const table = {
      columns: [{ title: 'a name', align: 'left' }, { title: 'a title' }],
      rows: [{ name: 'x', cells: ['with some words', '1'], best: [1] }],
    } as const;
    expect(narrowed(table)).to.deep.equal(table);
  });

  it('breaks names after blanks, commas, colons and underscores', () => {
    const table = (name: string) => ({
      columns: [{ title: '', align: 'left' as const }],
      rows: [{ cells: [name] }],
    });
    const lines = (name: string, width: number) => narrowed(table(name), width).rows[0]!.cells[0];
    expect(lines('zero_centered_rms_norm:sandwich', 20)).to.equal('zero_centered_\nrms_norm:\nsandwich');
    expect(lines('abcdefghijklmnopqrstuvwxyz', 16)).to.equal('abcdefghijkl\nmnopqrstuvwx\nyz');
  });
});
