import { expect } from 'chai';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { folder, say } from '../cli/support.js';
import { type Rgb, contrast } from '../support/color.js';
import { describeInBrowser } from './chromium.js';

/** The color of every text, and of its background. */
const TEXTS = `[...document.querySelectorAll('h1, h2, p, th, td, dt, dd, figcaption, button, pre')].map((element) => {
  let behind = element;
  while (behind.parentElement && getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)')
    behind = behind.parentElement;
  const [front, back] = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
  return { tag: element.tagName, front, back };
})`;

/** The widths of the page and its charts, and the color of its title, in print. */
const PRINTED = `(async () => {
  dispatchEvent(new Event('beforeprint'));
  await Promise.resolve();
  const { left, width } = document.body.getBoundingClientRect();
  const ends = [...document.querySelectorAll('canvas')].map((chart) => chart.getBoundingClientRect().right - left);
  const text = getComputedStyle(document.querySelector('h1')).color;
  dispatchEvent(new Event('afterprint'));
  return { width, ends, text };
})()`;

describeInBrowser('the report of a sweep, opened from disk', (browser) => {
  const out = folder();
  let page: Page;
  const complaints: string[] = [];
  const requests: string[] = [];

  before(async () => {
    const flags =
      '--data moons --hidden 6,5 --epochs 4 --seeds 2 --norms none,rms_norm,batch_norm --name seen';
    expect((await say(['sweep', ...flags.split(' '), '--out', out])).code).to.equal(0);
    page = await browser().newPage({ viewport: { width: 1200, height: 900 } });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(join(out, 'seen', 'report.html')).href);
    await page.waitForSelector('html[data-drawn]');
  });

  /** The number of different colors in each chart: axes alone have few. */
  const inks = (): Promise<number[]> =>
    page.$$eval('figure canvas', (canvases) =>
      (
        canvases as unknown as {
          width: number;
          height: number;
          getContext(kind: '2d'): { getImageData(...box: number[]): { data: Uint8ClampedArray } };
        }[]
      ).map((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const colored = new Set<number>();
        for (let i = 0; i < data.length; i += 4) {
          const [r, g, b, a] = [data[i]!, data[i + 1]!, data[i + 2]!, data[i + 3]!];
          if (a === 255 && Math.max(r, g, b) - Math.min(r, g, b) > 60) colored.add((r << 16) | (g << 8) | b);
        }
        return colored.size;
      }),
    );

  it('draws every chart, with the colors of its lines', async () => {
    expect(
      await page.$$eval('figcaption', (captions) => captions.map(({ textContent }) => textContent)),
    ).to.deep.equal([
      'Test accuracy',
      'Training accuracy',
      'Test loss',
      'Training loss',
      'Hidden layer 1 (6): RMS',
      'Hidden layer 1 (6): mean',
      'Hidden layer 2 (5): RMS',
      'Hidden layer 2 (5): mean',
    ]);
    const colors = await inks();
    expect(colors.length).to.equal(8);
    // The two normalizations have a color each; the baseline is grey.
    expect(Math.min(...colors)).to.be.at.least(2);
  });

  it('loads no other files, and logs no errors', () => {
    expect(requests.length).to.equal(1);
    expect(complaints).to.deep.equal([]);
  });

  it('ranks the three norms, each with its stroke', async () => {
    const strokes = await page.$$eval('#ranking tbody tr i', (marks) =>
      marks.map((mark) => mark.getAttribute('style') ?? ''),
    );
    expect(strokes.length).to.equal(3);
    expect(new Set(strokes).size).to.equal(3);
    expect(strokes.filter((stroke) => stroke.includes('dashed')).length).to.equal(1);
  });

  it('hides the line that is clicked in the legend, and names the line near the pointer', async () => {
    const before = await inks();
    for (const name of ['rms_norm', 'batch_norm']) await page.click(`#legend button:has-text("${name}")`);
    await page.mouse.move(0, 0);
    await page.waitForTimeout(200);
    expect(Math.max(...(await inks()))).to.be.below(Math.min(...before));
    for (const name of ['rms_norm', 'batch_norm']) await page.click(`#legend button:has-text("${name}")`);

    const plot = page.locator('#loss figure').first();
    await plot.scrollIntoViewIfNeeded();
    const box = (await plot.locator('.u-over').boundingBox())!;
    for (let y = 0; y < box.height; y += 6) {
      await page.mouse.move(box.x + box.width / 2, box.y + y);
      if (await plot.locator('figcaption span').textContent()) break;
    }
    expect(await plot.locator('figcaption span').textContent()).to.match(
      /^(none|rms_norm|batch_norm), epoch 2: [\d.]+$/,
    );
  });

  it('fits a phone: tables scroll by themselves, and keep the names of rows visible', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.waitForTimeout(200);
    const width = await page.$eval('html', ({ scrollWidth }) => scrollWidth);
    const figures = await page.$$eval('figure', (all) =>
      all.map((each) => each.getBoundingClientRect().right),
    );
    expect(width).to.equal(390);
    expect(Math.max(...figures)).to.be.at.most(390);
    const moved = await page.$eval('#ranking .wide', (box) => {
      box.scrollLeft = box.scrollWidth;
      const name = box.querySelector('td.named')!.getBoundingClientRect();
      const last = box.querySelector('td:last-child')!.getBoundingClientRect();
      const { left, right } = box.getBoundingClientRect();
      return { name: name.left - left, last: right - last.right };
    });
    expect(Math.abs(moved.name)).to.be.below(1);
    expect(moved.last).to.be.at.least(-1);
    await page.setViewportSize({ width: 1200, height: 900 });
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has readable text, and lines of different colors, in ${colorScheme} mode`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(200);
      const texts = await page.evaluate<{ tag: string; front: string; back: string }[]>(TEXTS);
      const rgb = (css: string): Rgb =>
        css
          .match(/\d+/g)!
          .slice(0, 3)
          .map((c) => Number(c) / 255) as unknown as Rgb;
      expect(texts.length).to.be.above(20);
      for (const { tag, front, back } of texts) {
        expect(contrast(rgb(front), rgb(back)), `${tag}: ${front} on ${back}`).to.be.at.least(4.5);
      }
      const [{ back } = { back: '' }] = texts;
      expect(contrast(rgb(back), [1, 1, 1]) > 4.5).to.equal(colorScheme === 'dark');
      expect(Math.min(...(await inks()))).to.be.at.least(2);
    });
  }

  it('prints in light colors, as wide as the paper', async () => {
    const printed = await page.evaluate<{ width: number; ends: number[]; text: string }>(PRINTED);
    // A4 is 210 mm wide; its margins are 14 mm each.
    expect(printed.width).to.be.closeTo((182 / 25.4) * 96, 1);
    expect(Math.max(...printed.ends)).to.be.at.most(printed.width);
    expect(printed.text).to.equal('rgb(31, 41, 55)');
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(String.fromCharCode(...pdf.subarray(0, 5))).to.equal('%PDF-');
  });
});
