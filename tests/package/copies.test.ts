import { expect } from 'chai';
import type * as library from 'normtape';
import type * as train from 'normtape/train';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { whereBuilt } from './built.js';

type Library = typeof library;
type Kit = typeof train;

// The files for Node and for bundlers share no classes: a program that loads both has two copies.
const load = async <T>(path: string) => (await import(pathToFileURL(resolve(path)).href)) as T;

/** The message of the error that f throws. */
function failure(f: () => unknown): string {
  try {
    f();
  } catch (error) {
    return String(error);
  }
  return 'no error';
}

describe('two copies of the package', () => {
  let here: Library;
  let there: Library;
  let kit: Kit;
  before(whereBuilt('dist/node/index.js'));
  before(async () => {
    here = await load('dist/node/index.js');
    kit = await load('dist/node/train/index.js');
    there = await load('dist/index.js');
  });

  const x = () => there.tensor([[1, 2]]) as never;
  const layer = () => new there.Dense(2, { seed: 1 }) as never;
  const gradients = () => {
    const w = there.tensor([1]);
    return there.valueAndGrad(() => there.sum(there.mul(w, w)), w).gradients as never;
  };

  const handed: Readonly<Record<string, [what: string, act: () => unknown]>> = {
    'a tensor to an op': ['a tensor', () => here.add(x(), 1)],
    'a tensor to a function of one tensor': ['a tensor', () => here.softmax(x())],
    'a tensor to a layer': ['a tensor', () => new here.Dense(2).forward(x())],
    'a tensor to a norm': ['a tensor', () => here.createNormalizationLayer('layer_norm').forward(x())],
    'a tensor to a model': [
      'a tensor',
      () => new here.ConfigurableModel({ classes: 2, hidden: [2] }).forward(x()),
    ],
    'a tensor to tensor': ['a tensor', () => here.tensor(x())],
    'a tensor to a list of numbers': ['a tensor', () => here.stack([x(), x()])],
    'a tensor to a loss': ['a tensor', () => here.crossEntropy(x(), [0])],
    'a tensor to stopGradient': ['a tensor', () => here.stopGradient(x())],
    'a tensor to keep': ['a tensor', () => here.keep(x())],
    'a tensor from a function': ['a tensor', () => here.valueAndGrad(x as () => never)],
    'a parameter to wrt': [
      'a parameter',
      () => here.valueAndGrad(() => here.tensor(1), new there.Parameter(there.tensor([1])) as never),
    ],
    'a model to wrt': [
      'a parameter',
      () => {
        const model = new there.Dense(1, { seed: 1 });
        model.forward(there.tensor([[1]]));
        return here.valueAndGrad(() => here.tensor(1), model as never);
      },
    ],
    'gradients to an optimizer': ['gradients', () => new here.Adam().step(gradients())],
    'a layer to Sequential': ['a module', () => new here.Sequential([layer()])],
    'a layer in a field': [
      'a module',
      () => {
        class Mine extends here.Module {
          layer = new there.Dense(2, { seed: 1 });
          forward() {
            return here.tensor(1);
          }
        }
        return new Mine().parameters();
      },
    ],
    'an optimizer to fit': [
      'an optimizer',
      () =>
        kit.fit(new here.Dense(2) as never, undefined as never, {
          loss: here.crossEntropy as never,
          optimizer: new there.Adam() as never,
        }),
    ],
  };

  for (const [title, [what, act]] of Object.entries(handed)) {
    it(`are reported if one gets ${title} of the other`, () => {
      const message = failure(act);
      expect(message).to.include(`${what} of another copy of normtape`).and.include('npm ls normtape');
      expect(message).to.not.include('{}');
    });
  }

  it('share norms, because these are data', () => {
    const norm = here.normalization(there.layerNorm as unknown as typeof here.layerNorm);
    expect(norm.forward(here.tensor([[1, 3]]) as never)).to.be.instanceOf(here.Tensor);
  });
});
