import { expect } from 'chai';
import {
  type NdArray,
  concat,
  contiguous,
  flat,
  fromFlat,
  map,
  reshape,
  sum,
  transpose,
} from '../../../src/array/index.js';
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

  it('scale_norm starts as rms_norm with a floor, which limits √mean(x²) in place of ‖x‖', () =>
    given((x, epsilon) =>
      close(
        run(fresh('scale_norm', { epsilon: 2 * epsilon }), x),
        run(fresh('rms_norm', { epsilon, epsilonPlacement: 'floor' }), x),
      ),
    ));

  it('rms_norm with an offset is rms_norm with that much more of γ, and starts as without one', () =>
    given((x, epsilon) => {
      const [near, far] = [fresh('rms_norm', { epsilon }), fresh('rms_norm', { epsilon, offset: 1 })];
      expect(run(far, x)).to.deep.equal(run(near, x));
      expect([...flat(far.stateDict()['scale']!)]).to.deep.equal([0, 0, 0, 0]);
      near.loadStateDict({ scale: [1.5, -0.25, 3, 0] });
      far.loadStateDict({ scale: [0.5, -1.25, 2, -1] });
      expect(run(far, x)).to.deep.equal(run(near, x));
    }));

  it('rms_norm with ε outside is that with 2 r ε + ε² inside', () =>
    given(
      (x, epsilon) => {
        const r = Math.sqrt([...flat(x)].reduce((sum, value) => sum + value ** 2, 0) / 4);
        close(
          run(fresh('rms_norm', { epsilon, epsilonPlacement: 'outside' }), x).slice(0, 1),
          run(fresh('rms_norm', { epsilon: 2 * r * epsilon + epsilon ** 2 }), x).slice(0, 1),
        );
      },
      [1, 4],
    ));

  it('crms_norm is layer_norm of the vector with −Σ x at its end, without that entry', () =>
    given((x, epsilon) => {
      const full = concat([x, map(sum(x, -1), (total) => -total)], -1);
      const plain = fresh('layer_norm', { epsilon, center: false, scale: false });
      const [whole] = run(plain, full);
      const [y] = run(fresh('crms_norm', { epsilon }), x);
      close([y!], [whole!.filter((_, i) => i % 5 !== 4)]);
    }));

  it('crms_norm along several axes is that along one, in whichever order they lie', () =>
    given(
      (x, epsilon) => {
        const [several] = run(fresh('crms_norm', { epsilon, axis: [2, 0] }), x);
        const rows = reshape(transpose(x, [1, 0, 2]), [3, 4]);
        const [one] = run(fresh('crms_norm', { epsilon }), rows);
        const back = transpose(reshape(fromFlat(Float64Array.from(one!), [3, 4]), [3, 2, 2]), [1, 0, 2]);
        close([several!], [[...flat(contiguous(back))]]);
      },
      [2, 3, 2],
    ));

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
