import { expect } from 'chai';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { folder, say } from '../cli/support.js';
import { describeInBrowser } from './chromium.js';

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

  /** How many different colors each chart shows: axes alone show few. */
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

  it('asks for nothing but itself, and has nothing to complain of', () => {
    expect(requests.length).to.equal(1);
    expect(complaints).to.deep.equal([]);
  });

  it('ranks the three, each with its stroke', async () => {
    const strokes = await page.$$eval('#ranking tbody tr i', (marks) =>
      marks.map((mark) => mark.getAttribute('style') ?? ''),
    );
    expect(strokes.length).to.equal(3);
    expect(new Set(strokes).size).to.equal(3);
    expect(strokes.filter((stroke) => stroke.includes('dashed')).length).to.equal(1);
  });

  it('hides what is clicked in the legend, and names what the pointer is near', async () => {
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

  it('fits a narrow screen', async () => {
    await page.setViewportSize({ width: 480, height: 800 });
    await page.waitForTimeout(200);
    const wider = await page.$$eval(
      'figure',
      (figures) => figures.filter((figure) => figure.getBoundingClientRect().right > 480).length,
    );
    expect(wider).to.equal(0);
  });
});
