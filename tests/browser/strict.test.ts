import { expect } from 'chai';
import { build } from 'esbuild';
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './chromium.js';
import type { Training } from './training.js';

// Pages may forbid compilation: of WebAssembly, and of code in strings.

describeInBrowser('a page that allows only its own scripts', (browser) => {
  const complaints: string[] = [];
  const warnings: string[] = [];
  let server: Server | undefined;
  let origin: string;

  before(async () => {
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
    const script = outputFiles[0]!.text;
    const listening = createServer(({ url = '' }, response) => {
      const [, policy] = url.split('?policy=');
      if (policy !== undefined) {
        response.setHeader('content-security-policy', `script-src ${decodeURIComponent(policy)}`);
        response.setHeader('content-type', 'text/html').end('<script src="/training.js"></script>');
      } else response.setHeader('content-type', 'text/javascript').end(script);
    });
    server = listening;
    await once(listening.listen(0, '127.0.0.1'), 'listening');
    origin = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  });

  // Without a browser, no server was started.
  after(() => server?.close());

  const open = async (policy: string): Promise<Page> => {
    const page = await browser().newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => warnings.push(message.text()));
    await page.goto(`${origin}/?policy=${encodeURIComponent(policy)}`);
    return page;
  };
  // An inspector may not evaluate strings there either, but it may call functions.
  const run = (page: Page, kernels: string) =>
    page.evaluate(
      (set) =>
        (
          globalThis as unknown as { training: { train(norm: string, kernels: string): Training } }
        ).training.train('layer_norm', set),
      kernels,
    );

  it('uses the kernels in JavaScript, with the same losses as elsewhere', async () => {
    const strict = await open("'self'");
    const free = await open("'self' 'unsafe-eval'");
    const [forbidden, chosen] = [await run(strict, 'auto'), await run(free, 'js')];
    expect(forbidden.kernels).to.equal('js');
    // The warning of the page that did not choose them; Chromium itself logs each applied policy.
    const said = warnings.filter((warning) => warning.startsWith('normtape: '));
    expect(said.length).to.equal(1);
    expect(said[0]).to.include('the Content-Security-Policy of the page forbids WebAssembly');
    expect(forbidden.losses).to.deep.equal(chosen.losses);
    expect(forbidden.accuracy).to.equal(chosen.accuracy).and.above(0.7);
  });

  it('uses the compiled kernels if the policy allows WebAssembly', async () => {
    const page = await open("'self' 'wasm-unsafe-eval'");
    expect((await run(page, 'auto')).kernels).to.match(/^wasm/);
  });

  it('logs no errors', () => expect(complaints).to.deep.equal([]));
});
