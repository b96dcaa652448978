import { expect } from 'chai';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { folder, say } from '../cli/support.js';
import { describeInBrowser } from './chromium.js';

describeInBrowser('the report of an experiment, opened from disk', (browser) => {
  const out = folder();
  let page: Page;
  const complaints: string[] = [];

  before(async () => {
    const flags = '--samples 120 --epochs 1 --width 2 --seeds 2 --name seen';
    expect((await say(['experiment', 'ood', ...flags.split(' '), '--out', out])).code).to.equal(0);
    page = await browser().newPage({ viewport: { width: 1200, height: 900 } });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(pathToFileURL(join(out, 'seen', 'report.html')).href);
    await page.waitForSelector('html[data-drawn]');
  });

  it('shows every table in full on a wide screen', async () => {
    const hidden = await page.$$eval('section', (sections) =>
      sections.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ id }) => id),
    );
    expect(hidden).to.deep.equal([]);
    expect(await page.textContent('#methods tbody td + td')).to.match(
      /^\d+(\.\d+)?\u00a0±\u00a0\d+(\.\d+)?$/,
    );
    expect(complaints).to.deep.equal([]);
  });

  it('separates the numbers of a list by spaces', async () => {
    expect(await page.textContent('dt:has-text("constants") + dd')).to.equal('1, 10, 100');
  });

  it('shows the value of the step under the pointer, up to the end of the last', async () => {
    const plot = page.locator('#scores figure').first();
    await plot.scrollIntoViewIfNeeded();
    const box = (await plot.locator('.u-over').boundingBox())!;
    const readAt = async (share: number): Promise<string> => {
      for (let y = 1; y < box.height; y += 6) {
        await page.mouse.move(box.x + share * box.width, box.y + y);
        const said = await plot.locator('figcaption span').textContent();
        if (said) return said.replace(/^.*score /, '').replace(/:.*$/, '');
      }
      return '';
    };
    const places = await page.$eval('#drawings', ({ textContent }) => {
      const { figures } = JSON.parse(textContent ?? '') as { figures: { x: number[] }[] };
      return figures[0]!.x.map((x) => x.toPrecision(3));
    });
    expect(places.length).to.equal(40);
    // Three quarters into a step, the start of the next is nearer.
    for (const step of [0, 17, 39]) expect(await readAt((step + 0.75) / 40)).to.equal(places[step]);
  });
});
