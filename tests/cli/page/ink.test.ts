import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { HUES, inkOf } from '../../../src/cli/page/ink.js';
import { VISIONS, contrast, difference, rgbOf } from '../../support/color.js';

/** The least difference of two lines in ΔE, and the least contrast with the background by WCAG (1.4.11). */
const [APART, LINES, TEXT] = [20, 3, 4.5];

const css = readFileSync('src/cli/page/page.css', 'utf8');
const [light, dark] = [...css.matchAll(/color-scheme: (?:light|dark);([^}]*)/g)].map(
  ([, body]) =>
    new Map([...body!.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name!, hex!])),
);

for (const [theme, colors] of Object.entries({ light: light!, dark: dark! })) {
  describe(`the colors of a report, ${theme}`, () => {
    const of = (name: string) => rgbOf(colors.get(name)!);
    const lines = [...colors.keys()].filter((name) => name.startsWith('--line-'));

    it('include one for each hue and for the baseline', () => {
      expect(lines).to.have.members([
        '--line-baseline',
        ...Array.from({ length: HUES }, (_, i) => `--line-${i}`),
      ]);
    });

    for (const [vision, matrix] of Object.entries(VISIONS)) {
      it(`distinguish all lines for ${vision} vision`, () => {
        for (const [i, a] of lines.entries()) {
          for (const b of lines.slice(i + 1)) {
            expect(difference(of(a), of(b), matrix), `${a} and ${b}`).to.be.above(APART);
          }
        }
      });
    }

    it('contrast with their background', () => {
      for (const line of lines) expect(contrast(of(line), of('--card')), line).to.be.at.least(LINES);
      for (const text of ['--text', '--muted', '--good', '--bad']) {
        expect(contrast(of(text), of('--card')), text).to.be.at.least(TEXT);
        expect(contrast(of(text), of('--page')), text).to.be.at.least(TEXT);
      }
      expect(contrast(of('--text'), of('--warning-back'))).to.be.at.least(TEXT);
    });
  });
}

describe('the colors and strokes of lines', () => {
  it('differ for as many names as three strokes have hues for, whichever is the baseline', () => {
    const names = Array.from({ length: 3 * HUES + 1 }, (_, i) => `norm ${i}`);
    for (const baseline of [names[0]!, names[8]!]) {
      const inks = names.map((name) => inkOf({ names, baseline }, name));
      expect(new Set(inks.map(({ variable, stroke }) => `${variable} ${stroke}`)).size).to.equal(
        names.length,
      );
      expect(inks.filter(({ stroke }) => stroke === 'dashed').length).to.equal(1);
    }
  });
});
