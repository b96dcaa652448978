import { createNormalizationLayer } from '../../src/index.js';
import { add, scale, sub } from '../../src/array/index.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { softmax, tanh } from '../../src/ops/catalog.js';
import { type Encoded, casesOf, decode, expectClose, largest, numbers } from './vectors.js';

interface Case {
  readonly id: string;
  readonly attributes: { readonly eps?: number };
  readonly x: Encoded;
  readonly dy: Encoded;
  readonly v: Encoded;
  readonly dx: Encoded;
  readonly d_dxv_dx: Encoded;
  readonly jvp_Jv: Encoded;
}

const functions: Readonly<Record<string, (eps: number) => (x: Tensor) => Tensor>> = {
  layer_norm: (epsilon) => {
    const layer = createNormalizationLayer('layer_norm', { epsilon, center: false, scale: false });
    return (x) => layer.forward(x);
  },
  'global_response_norm-3d': (epsilon) => {
    const layer = createNormalizationLayer('global_response_norm', { epsilon });
    return (x) => layer.forward(x);
  },
  softmax: () => (x) => softmax(x),
  tanh: () => (x) => tanh(x),
};

// The result of a pullback is a constant, so second derivatives are differences of first derivatives.
describe("PyTorch's second order agrees with differences of the pullback", () => {
  for (const { id, attributes, ...arrays } of casesOf<Case>('torch/second_order')) {
    it(`in ${id}`, () => {
      const f = functions[id.replace('second_order/', '')]!(attributes.eps ?? 1e-6);
      const [x, dy, v] = [arrays.x, arrays.dy, arrays.v].map((array) => decode(array));
      const pulled = (at: typeof x) => {
        const input = new Tensor(at!);
        return vjp(() => f(input))
          .pullback(new Tensor(dy!))
          .of(input)!.value;
      };
      expectClose('dx', pulled(x), numbers(arrays.dx.data), { relative: 1e-12 });

      // Differences of fourth order, by Richardson; the Jacobian is symmetric in dx and v.
      const difference = (g: (at: typeof x) => NonNullable<typeof x>, h: number) =>
        scale(sub(g(add(x!, scale(v!, h))), g(sub(x!, scale(v!, h)))), 1 / (2 * h));
      const slope = (g: (at: typeof x) => NonNullable<typeof x>) => {
        const h = 1e-3;
        return scale(sub(scale(difference(g, h / 2), 4), difference(g, h)), 1 / 3);
      };
      expectClose('d⟨dx, v⟩/dx', slope(pulled), numbers(arrays.d_dxv_dx.data), {
        relative: 1e-6,
        absolute: 1e-6 * largest(numbers(arrays.dx.data)),
      });
      const forward = (at: typeof x) => f(new Tensor(at!)).value;
      expectClose('J v', slope(forward), numbers(arrays.jvp_Jv.data), { relative: 1e-8 });
    });
  }
});
