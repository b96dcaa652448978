import { expect } from 'chai';
import { type NdArray, Random, draw, flat } from '../../src/array/index.js';
import { Tensor } from '../../src/autograd/tape.js';
import { normalization } from '../../src/norms/layer.js';
import { newState } from '../../src/norms/new-state.js';
import type { Norm } from '../../src/norms/norm.js';
import { beside } from '../support/beside.js';
import { accepts, createNormalizationLayer, normalizationTypes, norms } from '../support/every-norm.js';

const bits = (arrays: Readonly<Record<string, NdArray>>) =>
  Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, [...flat(a)]]));

const stateful = normalizationTypes.filter((type) => (norms[type] as Norm).state);

describe('the statistics of a new layer', () => {
  for (const type of stateful) {
    it(`of ${type} are those that it computes its first output with`, () => {
      const norm: Norm = norms[type];
      const random = new Random(5);
      const shape = [
        [4, 3],
        [2, 5, 3],
      ].find((own) => accepts(type, own))!;
      const x = draw(shape, () => random.normal(), 'float64');
      const seen: Readonly<Record<string, NdArray>>[] = [];
      const watched: Norm = {
        ...norm,
        apply(input, weights, options, situation) {
          seen.push(situation.state);
          return norm.apply(input, weights, options, situation);
        },
      };
      const input = new Tensor(x);
      const layer = normalization(watched);
      layer.forward(input, beside(createNormalizationLayer(type), x));
      expect(bits(newState(norm, x, layer.options))).to.deep.equal(bits(seen[0]!));
    });
  }

  it('of spectral_norm are unit vectors, as its first step starts from', () => {
    const { spectral_norm: norm } = norms;
    const random = new Random(5);
    const kernel = draw([4, 3], () => random.normal(), 'float64');
    const vectors = Object.values(newState(norm, kernel, createNormalizationLayer('spectral_norm').options));
    expect(vectors.length).to.be.at.least(1);
    for (const vector of vectors) expect(Math.hypot(...flat(vector))).to.be.closeTo(1, 1e-12);
  });
});
