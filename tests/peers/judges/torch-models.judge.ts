import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { anySeed } from '../../../src/array/index.js';
import { array } from '../../../src/index.js';
import { loadFrom, readSafetensors, tensorsFor, writeSafetensors } from '../../../src/io/index.js';
import { BOUNDS, type Kind, PEERS, built, difference, readMade } from '../../io/torch/models.js';
import { PYTHON, demandPython } from './judge.js';

const SCRIPT = fileURLToPath(new URL('../../io/fixtures/torch/models.py', import.meta.url));

// Random weights: PyTorch makes models and their outputs, and then loads what tensorsFor wrote of other weights.
describe('models of PyTorch, with random weights', function () {
  this.timeout(120_000);
  const seed = Number(process.env['SEED'] ?? anySeed() % 1000);
  let folder: string;
  const run = (command: string) =>
    execFileSync(PYTHON, [SCRIPT, command, folder, String(seed)], { stdio: ['ignore', 'pipe', 'pipe'] });

  before(function () {
    demandPython(this, 'torch');
    folder = mkdtempSync(join(tmpdir(), 'torch-'));
    run('make');
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  const kinds: readonly Kind[] = ['f32', 'f64'];
  const made = (name: string, kind: Kind) => readMade(pathToFileURL(`${folder}/`), name, kind);

  it(`compute the same here, seed ${seed}`, () => {
    for (const [name, peer] of Object.entries(PEERS))
      for (const kind of kinds) {
        const one = made(name, kind);
        const model = built(peer, one, kind);
        loadFrom(model, one.state, peer.options);
        const y = peer.run(model, one.inputs).value;
        expect(difference(y, one.output), `${name}, ${kind}`).to.be.below(BOUNDS[kind]);
      }
  });

  it(`load what tensorsFor writes, and compute the same, seed ${seed}`, () => {
    const ours = new Map<string, Parameters<typeof difference>[0]>();
    for (const [name, peer] of Object.entries(PEERS))
      for (const kind of kinds) {
        const one = made(name, kind);
        const model = built(peer, one, kind);
        // Weights that PyTorch has not seen, of the size of those here.
        const random = new array.Random(seed);
        for (const weight of model.parameters())
          weight.value = array.draw(weight.shape, () => random.normal() / 2, weight.dtype);
        const path = join(folder, `${name}.${kind}`);
        writeFileSync(`${path}.back.safetensors`, writeSafetensors(tensorsFor(model, peer.options)));
        ours.set(path, peer.run(model, one.inputs).value);
      }
    run('check');
    for (const [path, y] of ours) {
      const { tensors } = readSafetensors(readFileSync(`${path}.out.safetensors`));
      const bound = BOUNDS[path.endsWith('f32') ? 'f32' : 'f64'];
      expect(difference(tensors['output']!, y), path).to.be.below(bound);
    }
  });
});
