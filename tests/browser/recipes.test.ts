import { expect } from 'chai';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { recipe } from '../support/recipe.js';
import { describeInBrowser } from './chromium.js';

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

  /** A worker by the recipe, and a page that runs it with these epochs, labels and steps before it awaits the model. */
  async function trained<Y>(epochs: number, labels: string, before = ''): Promise<Y> {
    const script = recipe('docs/anywhere.md', "{ type: 'module' }")
      .replace('import.meta.url', 'location.href')
      .replace('epochs: 200', `epochs: ${epochs}`)
      .replace('const { model }', `${before}\nconst { model }`);
    const [worker, main] = await Promise.all([
      scriptOf(recipe('docs/anywhere.md', 'const progress'), 'esm'),
      scriptOf(`
        import { tensor } from 'normtape/js';
        import { loadModel } from 'normtape/io';
        export async function run() {
          let frames = 0;
          const count = () => { frames++; requestAnimationFrame(count); };
          requestAnimationFrame(count);
          const heard = [];
          let onEpoch = (epoch) => heard.push(epoch);
          const [features, labels] = [[[0, 0], [0, 1], [1, 0], [1, 1]], ${labels}];
          ${script}
          const predicted = model.eval().forward(tensor([[0, 0], [0, 1], [1, 0], [1, 1]])).toArray();
          return { frames, heard, right: predicted.map(([a, b]) => Number(b > a)) };
        }`),
    ]);
    await opened({ '/train.js': worker });
    await page.addScriptTag({ content: main });
    return page.evaluate<Y>('recipe.run().catch(({ message }) => ({ message }))');
  }

  it('train in a worker, while the page draws and hears of every epoch', async () => {
    const { frames, heard, right } = await trained<{
      frames: number;
      heard: readonly { readonly epoch: number; readonly loss: number }[];
      right: readonly number[];
    }>(200, '[0, 1, 1, 0]');
    expect(right).to.deep.equal([0, 1, 1, 0]);
    expect(heard.map(({ epoch }) => epoch)).to.deep.equal(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(heard.at(-1)!.loss).to.be.below(heard[0]!.loss);
    expect(frames).to.be.above(2);
  });

  it('stop a worker, which sends the model as it is', async () => {
    const stop =
      "onEpoch = ({ epoch }) => { heard.push(epoch); if (epoch === 50) worker.postMessage({ stop: 'enough' }); };";
    const { heard } = await trained<{ heard: readonly number[] }>(1_000_000, '[0, 1, 1, 0]', stop);
    expect(heard.length).to.be.within(50, 999_999);
  });

  it('pass on an error of a worker', async () => {
    const { message } = await trained<{ message: string }>(1, '[0, 1, 7, 0]');
    expect(message).to.include('labels');
  });
});
