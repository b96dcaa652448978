import { expect } from 'chai';
import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { recipe } from '../support/recipe.js';

const PAGE = 'docs/anywhere.md';

/** A recipe as a module for Node, with the library in it. */
async function moduleOf(folder: string, name: string, contents: string): Promise<string> {
  const outfile = join(folder, name);
  await build({
    stdin: { contents, resolveDir: '.', loader: 'ts' },
    bundle: true,
    outfile,
    format: 'esm',
    platform: 'node',
    tsconfig: 'tsconfig.json',
  });
  return outfile;
}

describe('the recipe of a worker thread of Node', function () {
  this.timeout(60_000);
  let folder: string;
  let run: (
    labels: readonly number[],
    stopAt?: number,
  ) => Promise<readonly [right: number[], epochs: number]>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'normtape-worker-'));
    const [shared] = recipe(PAGE, 'const progress').split('onmessage =') as [string];
    const thread = recipe(PAGE, 'parentPort.on');
    const imported = "import { parentPort } from 'node:worker_threads';";
    await moduleOf(folder, 'train.mjs', `${imported}\n${shared}\n${thread.replace(imported, '')}`);
    const started = "import { Worker } from 'node:worker_threads';";
    const main = recipe(PAGE, './train.mjs').replace(started, '');
    const file = await moduleOf(
      folder,
      'main.mjs',
      `${started}
      import { tensor } from 'normtape/js';
      import { loadModel } from 'normtape/io';
      export async function run(labels, stopAt) {
        let epochs = 0;
        const onEpoch = ({ epoch }) => {
          epochs = epoch;
          if (epoch === stopAt) worker.postMessage({ stop: 'enough' });
        };
        const features = [[0, 0], [0, 1], [1, 0], [1, 1]];
        ${main.replace('epochs: 200', 'epochs: stopAt ? 1e6 : 200')}
        const predicted = model.eval().forward(tensor(features)).toArray();
        return [predicted.map(([a, b]) => Number(b > a)), epochs];
      }`,
    );
    ({ run } = (await import(pathToFileURL(file).href)) as { run: typeof run });
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('trains, and hears of every epoch', async () => {
    expect(await run([0, 1, 1, 0])).to.deep.equal([[0, 1, 1, 0], 200]);
  });

  it('stops, and gets the model as it is', async () => {
    expect((await run([0, 1, 1, 0], 50))[1]).to.be.within(50, 999_999);
  });

  it('hears of an error', async () => {
    const error = await run([0, 1, 7, 0]).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    expect(error?.message).to.include('labels');
  });
});
