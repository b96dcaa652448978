import { expect } from 'chai';
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './chromium.js';

/** The only snippet of this language below a heading of a page that holds this text. */
function recipe(page: string, text: string): string {
  const found = [...readFileSync(page, 'utf8').matchAll(/^```js\n([^]*?)^```$/gm)].filter(([, code]) =>
    code!.includes(text),
  );
  expect(found, `${page}: recipes with ${text}`).to.have.length(1);
  return found[0]![1]!;
}

/** A script of a recipe, which awaits at its top: a function that runs it. */
async function scriptOf(contents: string, format: 'iife' | 'esm' = 'iife'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.', loader: 'ts' },
    bundle: true,
    write: false,
    format,
    ...(format === 'iife' && { globalName: 'recipe' }),
    target: 'es2022',
    platform: 'browser',
    tsconfig: 'tsconfig.json',
  });
  return outputFiles![0]!.text;
}

describeInBrowser('the recipes of the docs', (browser) => {
  let page: Page;
  const complaints: string[] = [];

  /** Pages of one origin, and the scripts that they load. */
  async function opened(scripts: Readonly<Record<string, string>> = {}): Promise<void> {
    page = await browser().newPage();
    page.on('pageerror', ({ message }) => complaints.push(message));
    // A page without an origin has no IndexedDB and no workers.
    await page.route('http://recipes.test/**', (route) => {
      const script = scripts[new URL(route.request().url()).pathname];
      return script === undefined
        ? route.fulfill({ contentType: 'text/html', body: '' })
        : route.fulfill({ contentType: 'text/javascript', body: script });
    });
    await page.goto('http://recipes.test/');
  }

  afterEach(async () => {
    await page.close();
    expect(complaints.splice(0)).to.deep.equal([]);
  });

  it('keep a model in IndexedDB, bit for bit', async () => {
    const script = await scriptOf(`
      import { Dense, Sequential, normalization, norms, tensor } from 'normtape';
      import { loadModel, saveModel } from 'normtape/io';
      export async function run() {
        const model = new Sequential([new Dense(3, { seed: 1 }), normalization(norms.batch_norm), new Dense(2, { seed: 2 })]);
        const x = tensor([[1, 2], [3, -4], [0.1, 7]]);
        model.forward(x);
        ${recipe('docs/io.md', 'indexedDB')}
        return [model, loaded].map((own) => JSON.stringify(own.eval().forward(x)));
      }`);
    await opened();
    await page.addScriptTag({ content: script });
    const [kept, loaded] = await page.evaluate<string[]>('recipe.run()');
    expect(kept).to.include('"data":[');
    expect(loaded).to.equal(kept);
  });

  it('train in a worker, while the page draws and hears of every epoch', async () => {
    const [worker, main] = await Promise.all([
      scriptOf(recipe('docs/anywhere.md', 'postMessage({ epoch'), 'esm'),
      scriptOf(`
        import { tensor } from 'normtape/js';
        import { loadModel } from 'normtape/io';
        export async function run() {
          let frames = 0;
          const count = () => { frames++; requestAnimationFrame(count); };
          requestAnimationFrame(count);
          const heard = [];
          const onEpoch = (epoch) => heard.push(epoch);
          ${recipe('docs/anywhere.md', 'new Worker')}
          const predicted = model.eval().forward(tensor([[0, 0], [0, 1], [1, 0], [1, 1]])).toArray();
          return { frames, heard, right: predicted.map(([a, b]) => Number(b > a)) };
        }`),
    ]);
    await opened({ '/train.js': worker });
    await page.addScriptTag({ content: main });
    const { frames, heard, right } = await page.evaluate<{
      frames: number;
      heard: readonly { readonly epoch: number; readonly loss: number }[];
      right: readonly number[];
    }>('recipe.run()');
    expect(right).to.deep.equal([0, 1, 1, 0]);
    expect(heard.map(({ epoch }) => epoch)).to.deep.equal(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(heard.at(-1)!.loss).to.be.below(heard[0]!.loss);
    expect(frames).to.be.above(2);
  });
});
