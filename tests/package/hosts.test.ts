import { expect } from 'chai';
import { build } from 'esbuild';
import { createRequire } from 'node:module';
import type * as library from 'normtape';
import { createContext, runInContext } from 'node:vm';
import { whereBuilt } from './built.js';

/** Features that hosts may lack: a context of node:vm has only the language, and older engines not even all of that. */
const MISSING = `
  for (const name of ['FinalizationRegistry', 'WeakRef', 'SharedArrayBuffer', 'console']) delete globalThis[name];
  for (const name of ['toReversed', 'toSorted', 'toSpliced', 'with', 'findLast']) {
    delete Array.prototype[name];
    delete Object.getPrototypeOf(Float32Array.prototype)[name];
  }
`;

const PROGRAM = `
  export * as lib from './dist/index.js';
  export * as data from './dist/data/index.js';
  export * as io from './dist/io/index.js';
  export * as train from './dist/train/index.js';
`;
const KIT = `${PROGRAM} export * as verify from './dist/verify/index.js';`;

/** The package as a classic script, which cannot await. */
async function scriptOf(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    format: 'iife',
    globalName: 'normtape',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

describe('the package in a host with only the language', () => {
  let script: string;
  let kit: string;
  before(whereBuilt('dist/index.js'));
  before(async () => {
    [script, kit] = await Promise.all([scriptOf(PROGRAM), scriptOf(KIT)]);
  });

  const host = (code: string, before: string) => {
    // fast-check needs a clock.
    const context = createContext(code === kit ? { setTimeout, clearTimeout } : {});
    runInContext(`${MISSING}\n${before}\n${code}`, context);
    return <T>(program: string): T => {
      const { lib, data, io, train, verify } = runInContext('normtape', context) as Record<string, unknown>;
      Object.assign(context, { lib, data, io, train, verify });
      return runInContext(`JSON.stringify((() => { ${program} })())`, context) as T;
    };
  };

  for (const [title, before] of [
    ['', ''],
    [', without WebAssembly', 'delete globalThis.WebAssembly;'],
  ] as const) {
    it(`trains on the digits, and reads Moby-Dick${title}`, () => {
      const run = host(script, before);
      const printed = run<string>(`
        const { train: learned } = data.split(data.digits(), { testShare: 0.8, seed: 1 });
        const model = new lib.ConfigurableModel({ classes: 10, hidden: [16], normalization: 'layer_norm', seed: 1 });
        const history = train.fit(model, learned, {
          loss: lib.crossEntropy, optimizer: new lib.Adam({ learningRate: 0.01 }), epochs: 5, seed: 1,
        });
        return { losses: history.epochs.map(({ loss }) => loss), text: data.mobyDick().slice(0, 16),
          same: io.loadModel(io.saveModel(model, { über: 'µ' })).model.summary() === model.summary(),
          length: data.mobyDick().length, config: lib.createNormalizationLayer('layer_norm').getConfig().type };
      `);
      const { losses, text, length, config, same } = JSON.parse(printed) as {
        losses: number[];
        text: string;
        length: number;
        config: string;
        same: boolean;
      };
      expect(losses.at(-1)).to.be.below(losses[0]! / 2);
      expect([text, length, config, same]).to.deep.equal(['Call me Ishmael.', 384_076, 'layer_norm', true]);
    });

    it(`trains by fitAsync to the losses of fit, though it has nothing to wait for${title}`, async () => {
      const run = host(script, before);
      run(`
        const { train: learned } = data.split(data.digits(), { testShare: 0.9, seed: 1 });
        const made = () => new lib.ConfigurableModel({ classes: 10, hidden: [8], normalization: 'batch_norm', seed: 1 });
        const settings = () => ({ loss: lib.crossEntropy, optimizer: new lib.Adam(), epochs: 2, seed: 1 });
        globalThis.expected = train.fit(made(), learned, settings());
        train.fitAsync(made(), learned, { ...settings(), budget: 0 }).then((history) => { globalThis.history = history; });
        return 0;
      `);
      await new Promise((resolve) => setImmediate(resolve));
      expect(run('return history')).to.equal(run('return expected'));
    });

    it(`verifies layer_norm and a module${title}`, () => {
      const run = host(kit, before);
      const printed = run<string>(`
        const model = new lib.Sequential([new lib.Dense(3, { seed: 1 }), lib.createNormalizationLayer('layer_norm')]);
        const reports = [verify.verifyNormalization('layer_norm', { runs: 5 }),
          verify.verifyModule(model, { input: [4, 3], runs: 5 })];
        return reports.flatMap(({ claims }) => claims.filter(({ held }) => !held));
      `);
      expect(JSON.parse(printed)).to.deep.equal([]);
    });
  }

  it('reads typed arrays of another realm in their own dtype', () => {
    const run = host(script, '');
    const context = createContext({});
    const foreign = runInContext('new Float64Array([1 / 3, 1e300])', context) as Float64Array;
    const lib = createRequire(import.meta.url)('../../dist/node/index.js') as typeof library;
    for (const given of [foreign, { ...ndarrayOf(foreign), data: foreign }]) {
      const x = lib.tensor(given as Float64Array);
      expect([x.dtype, x.toArray()]).to.deep.equal(['float64', [1 / 3, 1e300]]);
      expect((lib.mul(x, 2).toArray() as number[])[0]).to.equal(2 / 3);
    }
    expect(run<string>('return lib.tensor(new Float64Array([0.1])).dtype')).to.equal('"float64"');
    const later = runInContext('async () => 1', context) as () => never;
    expect(() => lib.valueAndGrad(later)).to.throw('received "a promise"');
  });
});

const ndarrayOf = ({ length }: ArrayLike<number>) => ({
  shape: [length],
  stride: [1],
  offset: 0,
  dtype: 'generic',
});
