import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { whereBuilt } from './built.js';

/** What a CommonJS program prints in a host that cannot require ES modules, such as Jest or an older Electron. */
function printed(program: string): string {
  const args = ['--no-experimental-require-module', '--input-type=commonjs', '-e', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).to.equal('');
  return stdout.trim();
}

describe('the package as CommonJS', () => {
  before(whereBuilt('dist/cjs/index.js'));

  it('trains a model on the digits, with compiled kernels', () => {
    const out = printed(`const { Adam, ConfigurableModel, crossEntropy, kernelInfo } = require('normtape');
      const { digits, split } = require('normtape/data');
      const { fit } = require('normtape/train');
      const { train, test } = split(digits(), { testShare: 0.2, seed: 1 });
      const model = new ConfigurableModel({ classes: 10, hidden: [16], normalization: 'rms_norm', seed: 1 });
      const history = fit(model, train, { loss: crossEntropy, epochs: 1, optimizer: new Adam({ learningRate: 0.01 }), validation: test });
      console.log(kernelInfo().available.includes('wasm'), Object.keys(history.epochs[0]).length > 0);`);
    expect(out).to.equal('true true');
  });

  it('has the same classes from every entry, and the names of the ES modules', () => {
    const out = printed(`const js = require('normtape/js');
      const before = js.kernelInfo().kernels;
      require('normtape/wasm');
      const { Sequential, Dense, tensor } = js;
      const { saveModel, loadModel } = require('normtape/io');
      const { verifyNormalization } = require('normtape/verify');
      const model = new Sequential([new Dense(2, { seed: 1 })]);
      model.forward(tensor([[1, 2]]));
      const { model: again } = loadModel(saveModel(model));
      console.log(before, js.kernelInfo().kernels, again instanceof Sequential,
        verifyNormalization('rms_norm', { runs: 2 }).ok);
      import('normtape').then((esm) =>
        console.log(JSON.stringify(Object.keys(esm).sort()) === JSON.stringify(Object.keys(require('normtape')).sort())));`);
    expect(out).to.match(/^js wasm true true\ntrue$/);
  });
});
