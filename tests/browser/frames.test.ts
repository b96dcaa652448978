import { expect } from 'chai';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { describeInBrowser } from './chromium.js';

/** Trains on the digits, and returns the losses and the times of the frames meanwhile. */
const PROGRAM = `
  import { Adam, ConfigurableModel, crossEntropy, noGrad } from 'normtape';
  import { digits, split } from 'normtape/data';
  import { accuracy, evaluating, fit, fitAsync } from 'normtape/train';

  const { train, test } = split(digits(), { testShare: 0.2, seed: 1 });
  const made = () => new ConfigurableModel({ classes: 10, hidden: [64, 64], normalization: 'batch_norm', seed: 1 });

  async function watched(run) {
    const frames = [];
    let isDone = false;
    const draw = (time) => {
      frames.push(time);
      if (!isDone) requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
    await new Promise(requestAnimationFrame);
    frames.length = 0;
    const model = made();
    const start = performance.now();
    const history = await run(model);
    const milliseconds = performance.now() - start;
    isDone = true;
    const losses = history.epochs.map(({ loss, validation }) => [loss, validation.loss]);
    return { losses, milliseconds, frames: frames.length, stopped: history.stopped };
  }

  const settings = () => ({
    loss: crossEntropy, optimizer: new Adam({ learningRate: 0.01 }), epochs: 6, batchSize: 16, seed: 1,
    validation: test, metrics: { accuracy },
  });
  export const atOnce = () => watched((model) => fit(model, train, settings()));
  export const bit = (budget) => watched((model) => fitAsync(model, train, { ...settings(), budget }));
  export const drawn = () => watched((model) => {
    let isDone = false;
    const draw = () => {
      if (model.built) evaluating(model, () => noGrad(() => model.forward(test.features)));
      if (!isDone) requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
    return fitAsync(model, train, settings()).finally(() => (isDone = true));
  });
  export const frameless = async (visibilityState, epochs) => {
    const { requestAnimationFrame } = window;
    Object.defineProperty(document, 'visibilityState', { value: visibilityState, configurable: true });
    window.requestAnimationFrame = () => 0;
    const start = performance.now();
    const { epochs: records } = await fitAsync(made(), train, { ...settings(), epochs, metrics: undefined, validation: undefined });
    delete document.visibilityState;
    window.requestAnimationFrame = requestAnimationFrame;
    return { losses: records.map(({ loss }) => [loss]), milliseconds: performance.now() - start };
  };
  export const stopped = () => watched((model) => {
    const button = document.body.appendChild(document.createElement('button'));
    const controller = new AbortController();
    button.onclick = () => controller.abort('The button was pressed.');
    return fitAsync(model, train, { ...settings(), epochs: 10_000, signal: controller.signal });
  });
`;

interface Watched {
  readonly losses: readonly (readonly number[])[];
  readonly milliseconds: number;
  readonly frames: number;
  readonly stopped?: string;
}

describeInBrowser('training on a page without a worker', (browser) => {
  let page: Page;
  const complaints: string[] = [];

  before(async () => {
    const { outputFiles } = await build({
      stdin: { contents: PROGRAM, resolveDir: '.', loader: 'ts' },
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'frames',
      target: 'es2022',
      platform: 'browser',
      tsconfig: 'tsconfig.json',
    });
    page = await browser().newPage();
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.addScriptTag({ content: outputFiles![0]!.text });
  });
  after(() => page?.close());

  const run = (call: string): Promise<Watched> => page.evaluate<Watched>(`frames.${call}`);

  it('draws frames all the time with fitAsync, to the bits of fit, which draws none', async () => {
    // The first training compiles what all of them run.
    await run('atOnce()');
    const blocked = await run('atOnce()');
    const [few, many] = [await run('bit(12)'), await run('bit(4)')];
    expect(blocked.frames).to.equal(0);
    for (const { losses } of [few, many]) expect(losses).to.deep.equal(blocked.losses);
    // Frames are due every 16.7 ms; a machine with other work may miss half of them.
    expect(few.frames).to.be.above(few.milliseconds / 40);
    expect(many.frames).to.be.above(many.milliseconds / 40);
    if (process.env['FIGURES'])
      for (const { milliseconds, frames } of [blocked, few, many]) console.log(milliseconds, frames);
  });

  it('changes no bit if every frame draws predictions of the model', async () => {
    const [plain, drawn] = [await run('atOnce()'), await run('drawn()')];
    expect(drawn.losses).to.deep.equal(plain.losses);
    expect(drawn.frames).to.be.above(5);
  });

  it('goes on if no frame comes: at full speed on a hidden page, slowly on one that claims to be seen', async () => {
    const { losses } = await run('atOnce()');
    const [hidden, seen] = [await run("frameless('hidden', 6)"), await run("frameless('visible', 1)")];
    expect(hidden.losses).to.deep.equal(losses.map(([loss]) => [loss]));
    expect(seen.losses).to.deep.equal(hidden.losses.slice(0, 1));
    // A rest without a frame takes 100 ms.
    expect(hidden.milliseconds / 6).to.be.below(seen.milliseconds);
    if (process.env['FIGURES']) console.log(hidden.milliseconds, seen.milliseconds);
  });

  it('ends when a button is pressed', async () => {
    const training = run('stopped()');
    await page.click('button');
    expect((await training).stopped).to.equal('The button was pressed.');
  });

  it('logs no errors', () => expect(complaints).to.deep.equal([]));
});
