import { expect } from 'chai';
import fc from 'fast-check';
import { distance } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { shapePreservingTypes } from '../../src/index.js';
import { FeedForward, type FeedForwardOptions } from '../../src/models/feed-forward.js';
import { KeyValueCache } from '../../src/models/key-value-cache.js';
import { placements } from '../../src/models/placements.js';
import {
  LLMBlock,
  TransformerBlock,
  type TransformerBlockOptions,
} from '../../src/models/transformer-block.js';
import { add, concat, gelu, matmul, mul, relu, silu, slice } from '../../src/ops/catalog.js';
import { ones, randomNormal } from '../../src/ops/create.js';
import { reportText, verifyModule } from '../../src/verify/index.js';
import { failure } from '../support/failure.js';

const wide = { dtype: 'float64' } as const;
const normal = (shape: readonly number[], seed: number): Tensor => randomNormal(shape, { seed, ...wide });
const small = { hiddenSize: 4, heads: 2, seed: 1 } as const;
const gap = (a: Tensor, b: Tensor): number => distance(a.value, b.value);

/** A block whose weights are not at their start. */
function made(options: Partial<TransformerBlockOptions> = {}): TransformerBlock {
  const block = new TransformerBlock({ ...small, ...options });
  block.eval().forward(normal([2, 3, 4], 1));
  block.parameters().forEach((weight, i) => (weight.value = normal(weight.shape, 70 + i).value));
  return block;
}

describe('a feed-forward network', () => {
  it('is down(act(up x)), gated down(act(gate x) ⊙ up x)', () => {
    const x = normal([2, 3], 1);
    const plain = new FeedForward({ hiddenSize: 5, outputSize: 2, seed: 1 });
    const y = plain.forward(x);
    const up = matmul(x, plain.up.kernel!);
    expect(gap(y, matmul(gelu(up), plain.down.kernel!))).to.be.below(1e-15);

    const gated = new FeedForward({
      hiddenSize: 5,
      outputSize: 2,
      gated: true,
      activation: silu,
      useBias: false,
    });
    const z = gated.forward(x);
    const active = mul(silu(matmul(x, gated.gate!.kernel!)), matmul(x, gated.up.kernel!));
    expect(gap(z, matmul(active, gated.down.kernel!))).to.equal(0);
    expect([...gated.namedParameters().keys()]).to.deep.equal(['up.kernel', 'gate.kernel', 'down.kernel']);
    expect(failure(() => new FeedForward({ hiddenSize: 5 } as FeedForwardOptions))).to.equal(
      'FeedForward.outputSize: expected a whole number from 1, received null.',
    );
  });
});

describe('a transformer block', () => {
  it('passes verifyModule in every form', function () {
    this.timeout(120_000);
    for (const options of [
      { placement: 'pre' },
      { placement: 'post', normalization: 'rms_norm', activation: 'tanh' },
      {
        placement: 'sandwich',
        normalization: { type: 'layer_norm', epsilon: 0.1 },
        gated: true,
        causal: true,
      },
      { normalization: 'none', dropout: 0.5, groups: 1, rotary: true },
    ] as const) {
      const block = new TransformerBlock({ ...small, mlpSize: 3, ...options });
      const report = verifyModule(block, { input: [2, 3, 4], runs: 3 });
      expect(report.ok, reportText(report)).to.equal(true);
    }
  });

  it('adds attention and the MLP, with norms before, after, or on both sides', () => {
    const x = normal([2, 3, 4], 2);
    const norms = { attentionNorm: 'attentionNorm', mlpNorm: 'mlpNorm' } as const;
    const pre = made();
    const norm = (block: TransformerBlock, name: keyof TransformerBlock, a: Tensor) =>
      (block[name] as NonNullable<TransformerBlock['mlpNorm']>).forward(a);
    const middle = add(x, pre.attention.forward(norm(pre, norms.attentionNorm, x)));
    expect(gap(pre.forward(x), add(middle, pre.mlp.forward(norm(pre, norms.mlpNorm, middle))))).to.equal(0);

    const post = made({ placement: 'post' });
    const inner = norm(post, norms.attentionNorm, add(x, post.attention.forward(x)));
    expect(gap(post.forward(x), norm(post, norms.mlpNorm, add(inner, post.mlp.forward(inner))))).to.equal(0);

    const both = made({ placement: 'sandwich' });
    const attended = both.attention.forward(norm(both, norms.attentionNorm, x));
    const between = add(x, norm(both, 'attentionOutputNorm', attended));
    const last = norm(both, 'mlpOutputNorm', both.mlp.forward(norm(both, norms.mlpNorm, between)));
    expect(gap(both.forward(x), add(between, last))).to.equal(0);
  });

  it('names its weights by their place', () => {
    const names = (options: Partial<TransformerBlockOptions>) => [...made(options).namedParameters().keys()];
    const dense = (prefix: string, ...layers: string[]) =>
      layers.flatMap((layer) => [`${prefix}.${layer}.kernel`, `${prefix}.${layer}.bias`]);
    expect(names({ placement: 'sandwich', gated: true })).to.deep.equal([
      'attention_norm.gamma',
      'attention_norm.beta',
      ...dense('attention', 'query', 'key', 'value', 'output'),
      'attention_output_norm.gamma',
      'attention_output_norm.beta',
      'mlp_norm.gamma',
      'mlp_norm.beta',
      ...dense('mlp', 'up', 'gate', 'down'),
      'mlp_output_norm.gamma',
      'mlp_output_norm.beta',
    ]);
    expect(names({ normalization: 'none', useBias: false })).to.deep.equal([
      'attention.query.kernel',
      'attention.key.kernel',
      'attention.value.kernel',
      'attention.output.kernel',
      'mlp.up.kernel',
      'mlp.down.kernel',
    ]);
  });

  it('accepts every norm that keeps shapes', () => {
    const x = randomNormal([2, 3, 4], { seed: 1 });
    for (const normalization of shapePreservingTypes) {
      const y = new TransformerBlock({ ...small, normalization }).forward(x);
      expect(y.shape).to.deep.equal([2, 3, 4]);
      expect([...y.value.data].every(Number.isFinite)).to.equal(true);
    }
  });

  it('passes sizes, masks and caches on', () => {
    const block = made({ headSize: 3, mlpSize: 5, groups: 1, causal: true, kernelInitializer: 'he_normal' });
    const shapes = Object.entries(block.stateDict()).map(([name, { shape }]) => [name, ...shape]);
    expect(shapes).to.deep.include.members([
      ['attention.query.kernel', 4, 6],
      ['attention.key.kernel', 4, 3],
      ['attention.output.kernel', 6, 4],
      ['mlp.up.kernel', 4, 5],
    ]);
    const x = normal([1, 4, 4], 5);
    const cache = new KeyValueCache();
    const parts = [
      [0, 1],
      [1, 4],
    ].map((range) => block.forward(slice(x, [[], range as [number, number]]), { cache }));
    expect(gap(concat(parts, 1), block.forward(x))).to.be.below(1e-13);
    const open = made();
    const masked = open.forward(x, { paddingMask: [[1, 1, 0, 0]] });
    expect(gap(slice(masked, [[], [0, 2]]), open.forward(slice(x, [[], [0, 2]])))).to.be.below(1e-13);
    expect(
      new TransformerBlock({ ...small, activation: relu }).forward(x.cast('float32')).shape,
    ).to.deep.equal([1, 4, 4]);
  });

  it('applies dropout only in training mode', () => {
    const x = randomNormal([1, 3, 4], { seed: 1 });
    const block = new TransformerBlock({ ...small, dropout: 0.5 });
    expect(block.forward(x).toArray()).not.to.deep.equal(block.forward(x).toArray());
    block.eval();
    expect(block.forward(x).toArray()).to.deep.equal(block.forward(x).toArray());
    expect([...block.generators().keys()]).to.deep.equal(['dropout.random']);
  });

  it('has the defaults of the guide for language models: its size, causal and zero-centered', () => {
    const block = new LLMBlock({ seed: 1 });
    const x = randomNormal([1, 2, 768], { seed: 1 });
    block.forward(x);
    const { hiddenSize, heads, causal, normalization, placement } = block.options;
    expect({ hiddenSize, heads, causal, normalization, placement }).to.deep.equal({
      hiddenSize: 768,
      heads: 12,
      causal: true,
      normalization: 'zero_centered_rms_norm',
      placement: 'pre',
    });
    expect(block.attention.options.headSize).to.equal(64);
    expect(block.mlp.up.units).to.equal(3072);
    const other = new LLMBlock({
      hidden_size: 6,
      heads: 3,
      normalization: 'rms_norm',
      causal: false,
    } as object);
    expect(other.options).to.include({ hiddenSize: 6, heads: 3, normalization: 'rms_norm', causal: false });
  });

  it('is causal to the bit, with every norm over single tokens', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          'layer_norm' as const,
          'rms_norm' as const,
          'band_rms' as const,
          'dynamic_tanh' as const,
        ),
        fc.constantFrom(...(Object.keys(placements) as (keyof typeof placements)[])),
        fc.integer({ min: 1, max: 4 }),
        (normalization, placement, cut) => {
          const block = made({ normalization, placement, depth: 4, index: 1, causal: true, seed: 3 });
          const [a, b] = [normal([2, 5, 4], 1), normal([2, 5, 4], 2)];
          const swapped = concat([slice(a, [[], [0, cut]]), slice(b, [[], [cut]])], 1);
          const head = (x: Tensor) => slice(block.forward(x), [[], [0, cut]]);
          expect(gap(head(a), head(swapped))).to.equal(0);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('rejects inputs that do not fit', () => {
    const unmade = (options: object) =>
      failure(() => new TransformerBlock(options as TransformerBlockOptions));
    expect(unmade({ hiddenSize: 4, heads: 3 })).to.equal(
      'TransformerBlock.heads: expected a divisor of hiddenSize, 4, where no headSize is given, received 3.',
    );
    expect(unmade({ heads: 2 })).to.equal(
      'TransformerBlock.hiddenSize: expected a whole number from 1, received null.',
    );
    expect(unmade({ ...small, normalization: 'layernorm' })).to.include('Did you mean layer_norm?');
    expect(unmade({ ...small, normalization: { type: 'rms_norm', epsilonn: 1 } })).to.include(
      'Did you mean epsilon?',
    );
    const block = made();
    expect(failure(() => block.forward(ones([2, 3, 5], wide)))).to.equal(
      'TransformerBlock: expected sequences [batch, length, 4], received [2,3,5].',
    );
    expect(failure(() => block.forward(tensor([[1, 2, 3, 4]], wide)))).to.include(
      'TransformerBlock: expected sequences [batch, length, width] that are not empty, received [1,4].',
    );
  });
});
