import { expect } from 'chai';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Adam,
  Dense,
  Sequential,
  crossEntropy,
  normalization,
  norms,
  randomNormal,
  relu,
  valueAndGrad,
} from '../../src/index.js';
import {
  exportC,
  exportOnnx,
  exportPyTorch,
  readLayersModel,
  readSafetensors,
  saveModel,
} from '../../src/io/index.js';
import { folder, say } from './support.js';

const x = randomNormal([4, 12], { seed: 1 });

function built(): Sequential {
  const model = new Sequential([
    new Dense(16, { seed: 1 }),
    normalization(norms.batch_norm),
    relu,
    new Dense(3, { seed: 2 }),
  ]);
  model.forward(x);
  return model;
}

describe('normtape export', () => {
  const place = folder();
  let count = 0;

  /** A folder with a model in it, and what it is exported with there. */
  function placed(bytes: Uint8Array = saveModel(built())) {
    const own = join(place, String(count++));
    mkdirSync(own);
    const file = join(own, 'model.safetensors');
    writeFileSync(file, bytes);
    const run = (...flags: string[]) => say(['export', file, ...flags]);
    return { own, file, run, written: () => readdirSync(own).filter((name) => name !== 'model.safetensors') };
  }

  const INPUT = ['--input', 'batch,12'];

  it('writes the bytes of exportOnnx, and what each layer became', async () => {
    const { own, run, written } = placed();
    const { code, out, err } = await run('--to', 'onnx', ...INPUT);
    expect([code, err]).to.deep.equal([0, '']);
    expect(written()).to.deep.equal(['model.onnx']);
    const bytes = readFileSync(join(own, 'model.onnx'));
    expect(bytes.equals(exportOnnx(built(), { input: ['batch', 12] }))).to.equal(true);
    for (const row of [/layers\.0 +│ Dense +│ MatMul, Add/, /layers\.1 +│ batch_norm +│ .*Div/, /Sequential/])
      expect(out).to.match(row);
    expect(out).to.include(`model.onnx: ${bytes.length} bytes`);
  });

  it('writes a training step and its first state, which go on from a saved optimizer', async () => {
    const [model, adam] = [built(), new Adam()];
    const labels = [0, 1, 2, 0];
    adam.step(valueAndGrad(() => crossEntropy(model.forward(x), labels), model).gradients);
    const { own, run, written } = placed(saveModel(model, { optimizer: adam.stateDict(model) }));
    const flags = ['--loss', 'crossEntropy', '--optimizer', 'Adam', '--learning-rate', '0.125'];
    const { code, out, err } = await run('--to', 'onnx-training', ...INPUT, ...flags);
    expect([code, err]).to.deep.equal([0, '']);
    expect(written()).to.deep.equal(['model.training.onnx', 'model.training.safetensors']);
    const { tensors } = readSafetensors(readFileSync(join(own, 'model.training.safetensors')));
    expect(tensors['learning_rate']!.data[0]).to.equal(0.125);
    expect(tensors['optimizer.steps']!.data[0]).to.equal(1);
    const { 'layers.0.kernel.mean': mean } = adam.stateDict(model);
    expect([...tensors['optimizer.layers.0.kernel.mean']!.data]).to.deep.equal([...mean!.data]);
    expect(out).to.match(/backward pass and step .* operations/);
  });

  it('gives gradients if no optimizer is named', async () => {
    const { own, run } = placed();
    const { code } = await run('--to', 'onnx-training', ...INPUT, '--loss', 'crossEntropy');
    expect(code).to.equal(0);
    const text = readFileSync(join(own, 'model.training.onnx'), 'latin1');
    expect(text).to.include('gradient.layers.0.kernel');
  });

  it('writes a header of C', async () => {
    const { own, run, written } = placed();
    const { code, out } = await run('--to', 'c', ...INPUT);
    expect(code).to.equal(0);
    expect(written()).to.deep.equal(['model.h']);
    expect(readFileSync(join(own, 'model.h'), 'utf8')).to.equal(exportC(built(), { input: ['batch', 12] }));
    expect(out).to.match(/layers\.0 +│ Dense +│ model_layers_0\(\)/);
  });

  it('writes source code for PyTorch, and its weights', async () => {
    const { own, run, written } = placed();
    const { code, out } = await run('--to', 'pytorch', ...INPUT);
    expect(code).to.equal(0);
    expect(written()).to.deep.equal(['model.pytorch']);
    const files = exportPyTorch(built(), { input: ['batch', 12] });
    for (const [name, bytes] of Object.entries(files))
      expect(readFileSync(join(own, 'model.pytorch', name)).equals(bytes), name).to.equal(true);
    expect(out).to.match(/layers\.0 +│ Dense +│ 1 statement/);
    await run('--to', 'pytorch', ...INPUT, '--inference');
    expect(readFileSync(join(own, 'model.pytorch', 'model.py'), 'utf8')).not.to.include('self.training');
  });

  it('writes a LayersModel, which is read back', async () => {
    const { own, run, written } = placed();
    const { code, out, err } = await run('--to', 'tfjs', ...INPUT, '--out', join(own, 'web'));
    expect([code, err]).to.deep.equal([0, '']);
    expect(written()).to.deep.equal(['web.tfjs']);
    const files = readdirSync(join(own, 'web.tfjs')).map(
      (name) => [name, readFileSync(join(own, 'web.tfjs', name))] as const,
    );
    const again = readLayersModel(Object.fromEntries(files)).eval();
    expect(String(again.forward(x))).to.equal(String(built().eval().forward(x)));
    expect(out).to.match(/layers\.1 +│ batch_norm +│ BatchNormalization/);
  });

  it('prints the same as JSON', async () => {
    const { own, run } = placed();
    const { out } = await run('--to', 'onnx', ...INPUT, '--json');
    const { files, layers } = JSON.parse(out) as { files: object[]; layers: object[] };
    const bytes = readFileSync(join(own, 'model.onnx')).length;
    expect(files).to.deep.equal([{ path: join(own, 'model.onnx'), bytes }]);
    expect(layers[0]).to.deep.equal({ layer: 'layers.0', is: 'Dense', became: 'MatMul, Add' });
  });

  it('exports models with norms and modules of your own', async () => {
    const { own, file, run } = placed();
    const script = join(own, 'mine.mjs');
    writeFileSync(script, 'globalThis.wasImported = (globalThis.wasImported ?? 0) + 1;');
    const { code } = await run('--to', 'onnx', ...INPUT, '--modules', script);
    expect(code).to.equal(0);
    expect((globalThis as { wasImported?: number }).wasImported).to.equal(1);
    const other = await say(['export', file, '--to', 'onnx', ...INPUT, '--norms', script]);
    expect(other.err).to.match(/mine\.mjs: expected an export that norm\(…\) made/);
  });

  it('writes nothing if something is wrong, and says what', async () => {
    const { run, written, file } = placed();
    const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['--to', 'onnx'], 2, /required option '--input <sizes>'/],
      [['--to', 'onx', ...INPUT], 2, /Allowed choices are onnx/],
      [['--to', 'onnx', '--input', 'batch,x'], 2, /Give whole numbers from 1 and 'batch'/],
      [['--to', 'onnx', '--input', 'batch,5'], 1, /12/],
      [['--to', 'onnx', ...INPUT, '--loss', 'huber'], 1, /^--loss: expected to be left out/],
      [['--to', 'onnx', ...INPUT, '--learning-rate', '1'], 1, /^--learning-rate: expected to be left out/],
      [['--to', 'onnx-training', ...INPUT], 1, /^--loss: expected one of crossEntropy, /],
      [['--to', 'onnx-training', ...INPUT, '--loss', 'mse'], 2, /Allowed choices are crossEntropy/],
      [['--to', 'tfjs', '--input', '4,12'], 1, /^--input: expected 'batch' and the sizes of one sample/],
      [
        ['--to', 'onnx', ...INPUT, '--out', join(file, 'below')],
        1,
        /expected a place that can be written to/,
      ],
    ];
    for (const [flags, code, message] of wrong) {
      const said = await run(...flags);
      expect([said.code, said.out], flags.join(' ')).to.deep.equal([code, '']);
      expect(said.err, flags.join(' ')).to.match(message);
    }
    expect(written()).to.deep.equal([]);
  });

  it('refuses files that hold no model, and names them', async () => {
    const { run, file, written } = placed(new Uint8Array(20));
    const { code, err } = await run('--to', 'onnx', ...INPUT);
    expect(code).to.equal(1);
    expect(err.startsWith(`${file}: readSafetensors`)).to.equal(true);
    expect(written()).to.deep.equal([]);
    const missing = await say(['export', `${file}.not`, '--to', 'onnx', ...INPUT]);
    expect(missing.err).to.equal(
      `${file}.not: expected a file that can be read, received "no such file or folder".`,
    );
  });

  it('never writes over the model', async () => {
    const { run, own, written } = placed();
    const model = join(own, 'step.training.safetensors');
    writeFileSync(model, saveModel(built()));
    const flags = ['--to', 'onnx-training', ...INPUT, '--loss', 'crossEntropy', '--out', join(own, 'step')];
    const { code, err } = await say(['export', model, ...flags]);
    expect(code).to.equal(1);
    expect(err).to.match(/^--out: expected another path than that of the model/);
    expect(written()).to.deep.equal(['step.training.safetensors']);
    expect((await run(...flags)).code).to.equal(0);
  });

  it('leaves no draft of several files if one cannot be written', async () => {
    const { run, own, written } = placed();
    mkdirSync(join(own, 'model.training.onnx', 'taken'), { recursive: true });
    const { code, err } = await run('--to', 'onnx-training', ...INPUT, '--loss', 'crossEntropy');
    expect(code).to.equal(1);
    expect(err).to.match(/model\.training\.onnx: expected a place that can be written to/);
    expect(written().filter((name) => name.endsWith('.part'))).to.deep.equal([]);
  });

  it('writes nothing after an interruption', async () => {
    const { file, written } = placed();
    const { code, err } = await say(['export', file, '--to', 'onnx', ...INPUT], AbortSignal.abort('SIGINT'));
    expect([code, err]).to.deep.equal([130, 'Interrupted: nothing was written.']);
    expect(written()).to.deep.equal([]);
  });
});
