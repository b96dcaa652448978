import { expect } from 'chai';
import { type NdArray, flat, map, reshape } from '../../../src/array/index.js';
import { close, fresh, given, layerWith, run } from './support.js';

/** Numbers that lie away from 0, so that ε is negligible relative to every group. */
const away = (x: NdArray): NdArray => map(x, (value) => value + 4);

// Identities between norms of a position, each written by itself.
describe('across types of one position', () => {
  it('pixel_norm is rms_norm without its gain, to the bit', () =>
    given((x, epsilon) => {
      expect(run(fresh('pixel_norm', { epsilon }), x)).to.deep.equal(
        run(fresh('rms_norm', { epsilon, useScale: false }), x),
      );
    }));

  it('group_rms_norm with one group is rms_norm', () =>
    given((x, epsilon) =>
      close(
        run(layerWith('group_rms_norm', { epsilon }, [4]), x),
        run(layerWith('rms_norm', { epsilon }, [4]), x),
      ),
    ));

  it('group_rms_norm is pixel_norm of its groups', () =>
    given(
      (x, epsilon) => {
        const grouped = run(fresh('group_rms_norm', { epsilon, groups: 2, axis: 1 }), x);
        expect(grouped).to.deep.equal(
          run(fresh('pixel_norm', { epsilon, axis: 2 }), reshape(x, [2, 2, 3, 2])),
        );
      },
      [2, 6, 2],
    ));

  it('group_rms_norm with a group for each feature divides it by √(x² + ε)', () =>
    given((x, epsilon) => {
      const [y] = run(fresh('group_rms_norm', { epsilon, groups: 4 }), x);
      close([y!], [[...flat(x)].map((value) => value / Math.sqrt(value * value + epsilon))]);
    }));

  it('scale_norm is unit_norm times its weight', () =>
    given((x, epsilon) => {
      const layer = fresh('scale_norm', { epsilon, scaleInitializer: { type: 'constant', value: -2.5 } });
      close(run(layer, x), run(fresh('unit_norm', { epsilon }), x), -2.5);
    }));

  it('scale_norm starts as rms_norm without ε', () =>
    given((x) => {
      const [length, root] = [fresh('scale_norm'), fresh('rms_norm', { epsilon: 1e-30 })];
      close(run(length, away(x)), run(root, away(x)));
    }));

  it('unit_norm is max_logit_norm without ε, and logit_norm of temperature 1 with ε²', () =>
    given((x, epsilon) => {
      close(run(fresh('unit_norm'), away(x)), run(fresh('max_logit_norm', { epsilon: 1e-30 }), away(x)));
      close(
        run(fresh('unit_norm', { epsilon }), x),
        run(fresh('logit_norm', { epsilon: epsilon ** 2, temperature: 1 }), x),
      );
    }));

  it('layer_scale with weights of 1 is identity, to the bit', () =>
    given((x) => {
      expect(run(fresh('layer_scale', { initial: 1 }), x)).to.deep.equal(run(fresh('identity'), x));
    }));
});
