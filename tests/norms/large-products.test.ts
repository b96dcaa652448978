import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Norm,
  type Tensor,
  createNormalizationLayer,
  kernelInfo,
  norms,
  reshape,
  setKernels,
  shapePreservingTypes,
  tensor,
  vjp,
} from '../../src/index.js';
import { flat } from '../../src/array/index.js';

// Products γ dy beyond the largest float32, of which N leaves a gradient of x that fits.

describe('the gradient of x, if γ dy is beyond float32 and dx is not', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  const configurations = [
    ['layer_norm', {}],
    ['rms_norm', {}],
    ['rms_norm', { epsilonPlacement: 'floor' }],
    ['rms_norm', { epsilonPlacement: 'outside' }],
    ['band_rms', {}],
  ] as const;
  for (const [type, options] of configurations) {
    it(`is that of JavaScript's kernels, which compute in float64: ${type} ${JSON.stringify(options)}`, function () {
      if (!kernelInfo().available.includes('wasm')) this.skip();
      const setting = fc.record({
        epsilon: fc.constantFrom(1e-6, 1, 100, 1e10),
        size: fc.integer({ min: -3, max: 12 }),
        product: fc.double({ min: 37.5, max: 41, noNaN: true }),
        gamma: fc.integer({ min: 0, max: 9 }),
        n: fc.integer({ min: 3, max: 9 }),
        zeros: fc.boolean(),
        seed: fc.nat(1000),
      });
      fc.assert(
        fc.property(setting, ({ epsilon, size, product, gamma, n, zeros, seed }) => {
          const wave = (i: number): number => Math.sin(seed + 1 + 2.3 * i) + 0.1;
          const row = (from: number, scale: number) =>
            Array.from({ length: n }, (_, i) => scale * wave(from + i));
          const x = tensor([row(0, 10 ** size), zeros ? row(0, 0) : row(n, 10 ** size)]);
          const dy = tensor([row(20, 10 ** (product - gamma)), row(40, 10 ** (product - gamma))]);
          const [wide, narrow] = (['js', 'wasm'] as const).map((kernels) => {
            setKernels(kernels);
            const layer = createNormalizationLayer(type, { epsilon, ...options } as never);
            layer.build([2, n]);
            if ('scale' in layer.stateDict()) layer.loadStateDict({ scale: row(60, 10 ** gamma) });
            if ('gamma' in layer.stateDict())
              layer.loadStateDict({ gamma: row(60, 10 ** gamma), beta: row(80, 0) });
            const forward = layer.forward as (input: typeof x) => typeof x;
            const dx = vjp(() => forward.call(layer, x))
              .pullback(dy)
              .of(x)!;
            return dx.toArray() as number[][];
          });
          wide!.forEach((values, at) => {
            const most = Math.max(...values.map(Math.abs));
            // Near the bound either may pass it.
            if (!(most < 1e38)) return;
            values.forEach((value, i) => {
              expect(Math.abs(narrow![at]![i]! - value), `row ${at}`).to.be.at.most(1e-4 * most);
            });
          });
        }),
        { numRuns: 500 },
      );
    });
  }
});

describe('the gradient of x of every norm, if γ dy is beyond float32 and dx is not', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  for (const type of shapePreservingTypes) {
    const definition: Norm = norms[type];
    it(`of ${type} is finite in compiled kernels too, without overflow on the way`, function () {
      if (!kernelInfo().available.includes('wasm')) this.skip();
      const setting = fc.record({
        epsilon: fc.constantFrom(1e-6, 1, 100, 1e10),
        size: fc.integer({ min: -2, max: 11 }),
        product: fc.double({ min: 37, max: 41, noNaN: true }),
        gamma: fc.integer({ min: 0, max: 9 }),
        training: fc.boolean(),
        masked: definition.mask ? fc.boolean() : fc.constant(false),
        seed: fc.nat(1000),
      });
      fc.assert(
        fc.property(setting, ({ epsilon, size, product, gamma, training, masked, seed }) => {
          const wave = (i: number): number => Math.sin(seed + 1 + 2.3 * i) + 0.1;
          const filled = (count: number, scale: number) =>
            Float32Array.from({ length: count }, (_, i) => scale * wave(i));
          const [x, dy] = [10 ** size, 10 ** (product - gamma)].map((scale) =>
            reshape(tensor(filled(24, scale)), [2, 3, 4]),
          );
          const options = {
            ...('epsilon' in definition.options && { epsilon }),
            ...('groups' in definition.options && { groups: 2 }),
          };
          const [some, others] = [
            [true, true, false],
            [true, false, true],
          ];
          const given = masked ? { mask: [some, others] } : undefined;
          const [wide, narrow] = (['js', 'wasm'] as const).map((kernels) => {
            setKernels(kernels);
            const layer = createNormalizationLayer(type, options as never);
            layer.build([2, 3, 4]);
            const state = layer.stateDict();
            for (const [name, { data }] of Object.entries(state))
              if (/gamma|scale|gain/.test(name)) data.set(filled(data.length, 10 ** gamma));
            layer.loadStateDict(state);
            if (!training) layer.eval();
            const forward = layer.forward as (input: Tensor, beside?: object) => Tensor;
            const dx = vjp(() => forward.call(layer, x!, given))
              .pullback(dy!)
              .of(x!)!;
            return [...flat(dx.value)];
          });
          if (wide!.every((value) => Math.abs(value) < 1e38)) {
            expect(narrow!.every(Number.isFinite), String(narrow)).to.equal(true);
          }
        }),
        { numRuns: 100 },
      );
    });
  }
});
