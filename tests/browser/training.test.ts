import { expect } from 'chai';
import { build } from 'esbuild';
import { type KernelSet, kernelInfo, setKernels } from 'normtape';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './chromium.js';
import { type Training, train } from './training.js';

describeInBrowser('a training loop in a page', (browser) => {
  const complaints: string[] = [];
  let usual: KernelSet | undefined;
  let page: Page;

  before(async () => {
    usual = kernelInfo().kernels;
    const { outputFiles } = await build({
      entryPoints: ['tests/browser/training.ts'],
      bundle: true,
      minify: true,
      write: false,
      format: 'iife',
      globalName: 'training',
      target: 'es2022',
      platform: 'browser',
    });
    page = await browser().newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.addScriptTag({ content: outputFiles[0]!.text });
  });

  // Without a browser nothing was started, and there is nothing to restore.
  after(() => {
    if (usual) setKernels(usual);
  });

  for (const kernels of ['js', 'wasm'] as const) {
    for (const normalization of ['layer_norm', 'batch_norm'] as const) {
      it(`learns the digits with ${normalization} and the ${kernels} kernels, with the same losses as in Node`, async () => {
        const there = await page.evaluate<Training>(`training.train('${normalization}', '${kernels}')`);
        const here = train(normalization, kernels);
        expect(there.kernels).to.equal(kernels);
        expect(there.losses.length).to.equal(here.losses.length);
        // The two may run different versions of the engine, whose exp and log may differ in the last bit.
        there.losses.forEach((loss, i) => expect(loss).to.be.closeTo(here.losses[i]!, 1e-5));
        expect(there.losses.at(-1)).to.be.below(there.losses[0]! / 3);
        expect(there.accuracy).to.be.closeTo(here.accuracy, 0.01).and.above(0.7);
      });
    }
  }

  it('logs no errors', () => expect(complaints).to.deep.equal([]));
});
