import { expect } from 'chai';
import fc from 'fast-check';
import { ROUNDOFF, type Dtype, fromSource } from '../../src/array/index.js';
import { Gradients } from '../../src/autograd/gradients.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { Tensor } from '../../src/autograd/tape.js';
import {
  Adagrad,
  Adam,
  AdamW,
  LAMB,
  Lion,
  Muon,
  NAdam,
  RAdam,
  RMSprop,
  kernelInfo,
  setKernels,
} from '../../src/index.js';
import type { Optimizer } from '../../src/optim/optimizer.js';

type Make = (given: { readonly learningRate: number }) => Optimizer<never>;

const forms: Readonly<Record<string, Make>> = {
  Adam: (given) => new Adam(given) as never,
  'Adam (pytorch)': (given) => new Adam({ ...given, convention: 'pytorch' }) as never,
  'Adam with amsgrad': (given) => new Adam({ ...given, amsgrad: true }) as never,
  AdamW: (given) => new AdamW({ ...given, weightDecay: 0 }) as never,
  NAdam: (given) => new NAdam(given) as never,
  RAdam: (given) => new RAdam({ ...given, beta2: 0.7 }) as never,
  RMSprop: (given) => new RMSprop(given) as never,
  'RMSprop (pytorch)': (given) => new RMSprop({ ...given, convention: 'pytorch', momentum: 0.5 }) as never,
  'RMSprop, centered': (given) => new RMSprop({ ...given, centered: true }) as never,
  Adagrad: (given) => new Adagrad(given) as never,
  'Adagrad (pytorch)': (given) => new Adagrad({ ...given, convention: 'pytorch' }) as never,
  LAMB: (given) => new LAMB(given) as never,
  'Muon, where it is Adam': (given) => new Muon({ ...given, adamRate: 1 }) as never,
  Lion: (given) => new Lion(given) as never,
};

/** The weights after each step, of eight parameters that get the same gradients: enough for a vector of any kernel. */
function trajectory(
  optimizer: Optimizer<never>,
  gradients: readonly number[],
  dtype: Dtype,
  count = 9,
): number[] {
  const leaf = new Parameter(fromSource(Array<number>(count).fill(1), { dtype }));
  return gradients.map((g) => {
    const gradient = new Tensor(fromSource(Array<number>(count).fill(g), { dtype }));
    optimizer.step(new Gradients(new Map([[leaf, gradient]])));
    const [first, ...others] = leaf.value.data;
    // The ninth weight is the tail of the vectors: kernels compute it in float64, the others in lanes of the dtype.
    const [tail] = others.splice(7);
    for (const other of others) expect(other).to.equal(first);
    const apart = dtype === 'float32' ? 4 * ROUNDOFF[dtype] * Math.max(1, Math.abs(first!)) : 0;
    if (tail !== undefined) expect(Math.abs(tail - first!), `${tail} for ${first}`).to.be.at.most(apart);
    return first!;
  });
}

/** Adam by its definition, with the root of its mean of squares in units in which no square overflows or vanishes. */
function adam(gradients: readonly number[], rate: number, epsilon: number): number[] {
  let [w, m, root] = [1, 0, 0];
  return gradients.map((g, i) => {
    const unit = Math.max(Math.abs(g), root);
    m = 0.9 * m + 0.1 * g;
    root = unit * Math.sqrt(0.999 * (root / unit) ** 2 + 0.001 * (g / unit) ** 2);
    const correction = Math.sqrt(1 - 0.999 ** (i + 1)) / (1 - 0.9 ** (i + 1));
    w -= rate * correction * (m / (root + epsilon));
    return w;
  });
}

const before = kernelInfo().kernels;

describe('a gradient whose square overflows', () => {
  for (const set of kernelInfo().available) {
    describe(`with the kernels ${set}`, () => {
      beforeEach(() => setKernels(set));
      afterEach(() => setKernels(before));

      it('updates by Adam as the formula says, at that step and all later ones', () => {
        for (const [dtype, spike] of [
          ['float32', 1e25],
          ['float32', 3e38],
          ['float64', 1e160],
          ['float64', 1.5e308],
        ] as const) {
          const gradients = [1, spike, 1, -2, spike / 4, 1, 1];
          const expected = adam(gradients, 0.1, 1e-7);
          const found = trajectory(new Adam({ learningRate: 0.1 }) as never, gradients, dtype);
          found.forEach((w, i) =>
            expect(w, `${dtype} ${spike} step ${i}`).to.be.closeTo(
              expected[i]!,
              dtype === 'float32' ? 1e-5 : 1e-12,
            ),
          );
        }
      });

      for (const [name, make] of Object.entries(forms)) {
        it(`never makes ${name} anything but finite`, () => {
          const spikes = {
            float32: [1, -3e38, 1e20, 1e-30, 0, 2e19],
            float64: [1, -1.7e308, 1e160, 1e-200, 0, 1e155],
          };
          fc.assert(
            fc.property(
              fc.constantFrom<Dtype>('float32', 'float64').chain((dtype) =>
                fc.record({
                  dtype: fc.constant(dtype),
                  gradients: fc.array(fc.constantFrom(...spikes[dtype]), { minLength: 2, maxLength: 12 }),
                }),
              ),
              ({ dtype, gradients }) => {
                for (const w of trajectory(make({ learningRate: 1e-3 }), gradients, dtype)) {
                  expect(w).to.satisfy(Number.isFinite);
                }
              },
            ),
          );
        });

        it(`moves ${name} in float32 as in float64, where there is room`, () => {
          const gradients = [1, 1e25, 1, -3, 1e24, 2, 1, 0.5];
          const [narrow, wide] = (['float32', 'float64'] as const).map((dtype) =>
            trajectory(make({ learningRate: 0.01 }), gradients, dtype),
          );
          narrow!.forEach((w, i) => {
            const room = 1e-5 * Math.max(1, Math.abs(wide![i]!));
            expect(w, `step ${i}`).to.be.closeTo(wide![i]!, room);
          });
        });
      }

      it('continues from a saved state with the same bits', () => {
        for (const [dtype, spike] of [
          ['float32', 1e25],
          ['float64', 1e160],
        ] as const) {
          const start = fromSource(Array<number>(9).fill(1), { dtype });
          const [one, other] = [new Adam({ amsgrad: true }), new Adam({ amsgrad: true })];
          const [leaf, resumed] = [new Parameter(start), new Parameter(start)];
          const step = (optimizer: Adam, parameter: Parameter, g: number): void =>
            optimizer.step(
              new Gradients(
                new Map([[parameter, new Tensor(fromSource(Array<number>(9).fill(g), { dtype }))]]),
              ),
            );
          for (const g of [1, spike, 2]) step(one, leaf, g);
          resumed.value = leaf.value;
          other.loadStateDict(one.stateDict([leaf]), [resumed]);
          for (const g of [1, 3, spike]) {
            step(one, leaf, g);
            step(other, resumed, g);
          }
          expect([...resumed.value.data]).to.deep.equal([...leaf.value.data]);
        }
      });
    });
  }
});
