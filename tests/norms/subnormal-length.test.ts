import { expect } from 'chai';
import { createNormalizationLayer, tensor, vjp } from '../../src/index.js';

describe('rms_norm with ε outside of the root, beside a subnormal length', () => {
  for (const x of [[[4.2e-309]], [[4.2e-309, -1e-309]], [[5e-324, 0, 0, 0]]])
    for (const scale of [0, 1])
      it(`has a finite gradient of ${JSON.stringify(x)}, with a gain of ${scale}`, () => {
        const layer = createNormalizationLayer('rms_norm', { epsilon: 1, epsilonPlacement: 'outside' });
        const input = tensor(x, { dtype: 'float64' });
        layer.build(input.shape, { dtype: 'float64' });
        layer.loadStateDict({ scale: x[0]!.map(() => scale) });
        const { pullback } = vjp(() => layer.forward(input));
        const gradients = pullback(tensor([x[0]!.map(() => 1)], { dtype: 'float64' }));
        // N is ε to the last bit, and what follows from its change is far below.
        for (const slope of (gradients.of(input)!.toArray() as number[][])[0]!) expect(slope).to.equal(scale);
      });
});
