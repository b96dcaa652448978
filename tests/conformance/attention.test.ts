import { expect } from 'chai';
import { type NdArray, fromSource } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import { noGrad } from '../../src/autograd/recording.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { MultiHeadAttention } from '../../src/models/attention.js';
import type { Dense } from '../../src/nn/dense.js';
import {
  broadcastTo,
  concat,
  reshape,
  scaledDotProductAttention,
  slice,
  transpose,
} from '../../src/ops/catalog.js';
import { type Encoded, casesOf, decode, expectClose, largest, numbers } from './vectors.js';

interface Case {
  readonly id: string;
  readonly attributes: { readonly embed_dim: number; readonly num_heads: number };
  readonly inputs: Readonly<Record<'x' | 'mem' | 'Wqkv' | 'Wo' | 'bqkv' | 'bo', Encoded>>;
  readonly outputs: readonly Encoded[];
  readonly dy: readonly Encoded[];
  readonly grads: Readonly<Record<string, Encoded>>;
}

describe('PyTorch agrees with multi-head attention', () => {
  for (const { id, attributes, inputs, outputs, dy, grads } of casesOf<Case>('torch/multihead_attention')) {
    it(`in ${id}`, () => {
      const { embed_dim: width, num_heads: heads } = attributes;
      const size = width / heads;
      const [x, context] = [new Tensor(decode(inputs.x)), new Tensor(decode(inputs.mem))];
      const layer = new MultiHeadAttention({ heads, headSize: size });
      layer.forward(x, { context });
      const given = (name: keyof typeof inputs) => new Tensor(decode(inputs[name]));
      noGrad(() => {
        const dense = ['query', 'key', 'value'].flatMap((name, i) => {
          const rows = [i * width, (i + 1) * width] as const;
          return [
            [`${name}.kernel`, transpose(slice(given('Wqkv'), [rows]))],
            [`${name}.bias`, slice(given('bqkv'), [rows])],
          ] as const;
        });
        const output = [
          ['output.kernel', transpose(given('Wo'))],
          ['output.bias', given('bo')],
        ] as const;
        layer.loadStateDict(Object.fromEntries([...dense, ...output]));
      });

      // PyTorch returns the attention weights too; here, the rows of an identity as values return them.
      const byHead = (y: Tensor): Tensor =>
        transpose(reshape(y, [...y.shape.slice(0, 2), heads, size]), [0, 2, 1, 3]);
      const shares = (): Tensor => {
        const [batch, keys] = context.shape as [number, number];
        const identity = fromSource(
          Array.from({ length: keys }, (_, i) => Array.from({ length: keys }, (_, j) => Number(i === j))),
          { dtype: 'float64' },
        );
        const rows = broadcastTo(new Tensor(identity), [batch, heads, keys, keys]);
        return scaledDotProductAttention(
          byHead(layer.query.forward(x)),
          byHead(layer.key.forward(context)),
          rows,
        );
      };
      const { value, pullback } = vjp(() => [layer.forward(x, { context }), shares()]);
      value.forEach((y, i) =>
        expectClose(`output ${i}`, y.value, numbers(outputs[i]!.data), { relative: 1e-13 }),
      );
      const gradients = pullback([tensor(decode(dy[0]!)), tensor(decode(dy[1]!))]);
      const of = (leaf: Tensor): Tensor => gradients.of(leaf)!;
      const turned = ({ kernel }: Dense): Tensor => noGrad(() => transpose(of(kernel!)));
      const parts = [layer.query, layer.key, layer.value];
      const pulled: Record<string, NdArray> = noGrad(() => ({
        x: of(x).value,
        mem: of(context).value,
        Wqkv: concat(parts.map(turned)).value,
        bqkv: concat(parts.map(({ bias }) => of(bias!))).value,
        Wo: turned(layer.output).value,
        bo: of(layer.output.bias!).value,
      }));
      expect(Object.keys(pulled)).to.have.members(Object.keys(grads));
      const absolute = 1e-14 * largest(dy.flatMap(({ data }) => numbers(data)));
      for (const [name, gradient] of Object.entries(pulled))
        expectClose(`d${name}`, gradient, numbers(grads[name]!.data), { relative: 1e-12, absolute });
    });
  }
});
