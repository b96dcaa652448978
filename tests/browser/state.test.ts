import { expect } from 'chai';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './chromium.js';
import type { Kept } from './state.js';

describeInBrowser('a state in IndexedDB', (browser) => {
  let page: Page;

  before(async () => {
    const { outputFiles } = await build({
      entryPoints: ['tests/browser/state.ts'],
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'state',
      target: 'es2022',
      platform: 'browser',
    });
    page = await browser().newPage();
    // A page without an origin has no IndexedDB.
    await page.route('http://state.test/', (route) => route.fulfill({ contentType: 'text/html', body: '' }));
    await page.goto('http://state.test/');
    await page.addScriptTag({ content: outputFiles[0]!.text });
  });

  for (const kernels of ['js', 'wasm'] as const)
    it(`keeps every number, with the ${kernels} kernels`, async () => {
      const { before, after, kernels: chosen } = await page.evaluate<Kept>(`state.keep('${kernels}')`);
      expect(chosen).to.equal(kernels);
      expect(after).to.deep.equal(before);
      expect(after).to.include('layers.2.bias: NaN,-Infinity');
      expect(after).to.have.length(8);
    });
});
