import { expect } from 'chai';
import { distance } from '../../src/array/index.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { valueAndGrad } from '../../src/autograd/vjp.js';
import {
  Adam,
  type BlockWiringOptions,
  LanguageModel,
  type LanguageModelOptions,
  TransformerBlock,
  type TransformerBlockOptions,
  add,
  blockWiring,
  checkpoint,
  convertNormalization,
  createNormalizationLayer,
  crossEntropy,
  foldNormalization,
  mul,
  norms,
  randomNormal,
  reshape,
  scaledDotProductAttention,
  shapePreservingTypes,
  slice,
  sum,
  transpose,
} from '../../src/index.js';
import { NormalizationLayer } from '../../src/norms/layer.js';
import { withZeroGain } from '../../src/models/normalization.js';
import { placements } from '../../src/models/placements.js';
import { reportText, verifyModule } from '../../src/verify/index.js';
import { failure } from '../support/failure.js';

type Placement = NonNullable<TransformerBlockOptions['placement']>;

const TYPES = Object.keys(placements) as (keyof typeof placements)[];

/** Every placement by its name, and with each of its options. */
const STATED: readonly Placement[] = [
  ...TYPES,
  { type: 'output', queryKey: false },
  { type: 'output', zeroGain: true },
  { type: 'deep_norm', stack: 'encoder', decoderDepth: 3 },
  { type: 'deep_norm', stack: 'decoder' },
  { type: 'sub_ln', stack: 'encoder', decoderDepth: 3 },
  { type: 'sub_ln', stack: 'decoder' },
  { type: 'layer_scale', initial: 0.1 },
  { type: 'hybrid', firstPre: true },
  { type: 'mix', first: 1 },
];

const normal = (shape: readonly number[], seed: number): Tensor =>
  randomNormal(shape, { seed, dtype: 'float64' });
const gap = (a: Tensor, b: Tensor): number => distance(a.value, b.value);

const small = { hiddenSize: 4, heads: 2, seed: 1, normalization: 'layer_norm', depth: 4, index: 1 } as const;

/** A block whose weights are not at their start. */
function made(placement: Placement, options: Partial<TransformerBlockOptions> = {}): TransformerBlock {
  const block = new TransformerBlock({ ...small, placement, ...options });
  block.eval().forward(normal([2, 3, 4], 1));
  block.parameters().forEach((weight, i) => (weight.value = normal(weight.shape, 70 + i).value));
  return block;
}

type Norm = 'attentionNorm' | 'attentionOutputNorm' | 'mlpNorm' | 'mlpOutputNorm';

/** The parts of a block as functions. */
function partsOf(block: TransformerBlock) {
  const norm = (name: Norm) => (x: Tensor) => block[name]!.forward(x);
  return {
    a: (x: Tensor) => block.attention.forward(x),
    m: (x: Tensor) => block.mlp.forward(x),
    N1: norm('attentionNorm'),
    N2: norm('attentionOutputNorm'),
    N3: norm('mlpNorm'),
    N4: norm('mlpOutputNorm'),
  };
}

/** Each placement as its paper writes it, for the second of four blocks. */
const FORMULAS: Readonly<
  Record<keyof typeof placements, (x: Tensor, parts: ReturnType<typeof partsOf>) => Tensor>
> = {
  pre(x, { a, m, N1, N3 }) {
    const y = add(x, a(N1(x)));
    return add(y, m(N3(y)));
  },
  post(x, { a, m, N1, N3 }) {
    const y = N1(add(x, a(x)));
    return N3(add(y, m(y)));
  },
  sandwich(x, { a, m, N1, N2, N3, N4 }) {
    const y = add(x, N2(a(N1(x))));
    return add(y, N4(m(N3(y))));
  },
  output(x, { a, m, N2, N4 }) {
    const y = add(x, N2(a(x)));
    return add(y, N4(m(y)));
  },
  deep_norm(x, { a, m, N1, N3 }) {
    const alpha = 8 ** 0.25;
    const y = N1(add(mul(x, alpha), a(x)));
    return N3(add(mul(y, alpha), m(y)));
  },
  layer_norm_scaling(x, { a, m, N1, N3 }) {
    const factor = 1 / Math.sqrt(2);
    const y = add(x, a(mul(N1(x), factor)));
    return add(y, m(mul(N3(y), factor)));
  },
  sub_ln: (x, parts) => FORMULAS.pre(x, parts),
  layer_scale: (x, parts) => FORMULAS.sandwich(x, parts),
  re_zero: (x, parts) => FORMULAS.output(x, parts),
  hybrid(x, { a, m, N3 }) {
    const n = N3(add(x, a(x)));
    return add(n, m(n));
  },
  mix: (x, parts) => FORMULAS.pre(x, parts),
  parallel: (x, { a, m, N1 }) => add(x, add(a(N1(x)), m(N1(x)))),
};

describe('every placement', () => {
  for (const type of TYPES) {
    it(`${type} computes the formula of its paper`, () => {
      const x = normal([2, 3, 4], 2);
      const block = made(type);
      expect(gap(block.forward(x), FORMULAS[type](x, partsOf(block)))).to.equal(0);
    });
  }

  it('gives each norm of its wiring weights of its own', () => {
    const norms = (given: BlockWiringOptions) => {
      const { attention, mlp = {}, inside } = blockWiring(given);
      const around = [attention, mlp].flatMap(({ before, output, after }) => [before, output, after]);
      const { queryKeyNormalization: both, ...others } = inside.attention;
      const within = [both, both, others.valueNormalization, others.innerNormalization];
      return [...around, ...within, inside.mlp.innerNormalization].filter((norm) => norm !== undefined)
        .length;
    };
    for (const placement of STATED) {
      for (const index of [0, 1]) {
        const block = made(placement, { index });
        const named = [...block.namedModules().keys()].filter((name) => name.endsWith('norm'));
        expect(named.length, JSON.stringify(placement)).to.equal(norms({ placement, depth: 4, index }));
      }
    }
  });

  it('takes the norms of attention from their own option, if there is one', () => {
    for (const placement of STATED) {
      const block = made(placement, { index: 0, attentionNormalization: 'rms_norm' });
      for (const [name, module] of block.namedModules()) {
        if (!(module instanceof NormalizationLayer) || module.type === 'layer_scale') continue;
        const expected = name.startsWith('attention') ? 'rms_norm' : 'layer_norm';
        expect(module.type, `${JSON.stringify(placement)}: ${name}`).to.equal(expected);
      }
    }
  });

  it('passes verifyModule', function () {
    this.timeout(60_000);
    for (const placement of ['output', 'deep_norm', 'sub_ln', 'hybrid', 'parallel'] as const) {
      const block = new TransformerBlock({ ...small, placement, mlpSize: 3, dropout: 0.1 });
      const report = verifyModule(block, { input: [2, 3, 4], runs: 1 });
      expect(report.ok, reportText(report)).to.equal(true);
    }
  });

  it('reads the norms that a conversion or a fold puts in their place', () => {
    const x = normal([2, 3, 4], 2);
    for (const placement of STATED) {
      const name = JSON.stringify(placement);
      const { placement: stated } = made(placement).options;
      const [block, other] = [made(placement), made(stated, { normalization: 'rms_norm' })];
      if (placement !== 're_zero') convertNormalization(block, 'layer_norm', 'rms_norm');
      other.loadStateDict(block.stateDict());
      expect(gap(block.forward(x), other.forward(x)), name).to.equal(0);
    }
    for (const [placement, normalization] of [
      ['re_zero', 'layer_norm'],
      ['layer_scale', 'layer_norm'],
      [{ type: 'output', queryKey: false }, 'batch_norm'],
    ] as const) {
      const block = made(placement, { normalization });
      const before = block.forward(x);
      expect(foldNormalization(block)).to.deep.equal([
        { norm: 'attention_output_norm', into: 'attention.output' },
        { norm: 'mlp_output_norm', into: 'mlp.down' },
      ]);
      expect(gap(block.forward(x), before)).to.be.below(1e-12);
      expect(block.attentionOutputNorm!.type).to.equal('identity');
    }
  });

  it('takes options in either spelling, and keeps them as they were given', () => {
    const { options } = new TransformerBlock({ ...small, placement: { type: 'output', zero_gain: true } });
    expect(options.placement).to.deep.equal({ type: 'output', zeroGain: true });
    expect(new TransformerBlock({ ...small, placement: 'output' }).options.placement).to.equal('output');
  });
});

describe('norms inside attention and the MLP', () => {
  const byHead = (x: Tensor) => reshape(x, [2, 3, 2, 2]);
  const turned = (x: Tensor) => transpose(x, [0, 2, 1, 3]);

  it('of hybrid are those of queries, keys and values, one for all heads', () => {
    const block = made('hybrid');
    const { query, key, value, output, queryNorm, keyNorm, valueNorm } = block.attention;
    const x = normal([2, 3, 4], 3);
    const [q, k, v] = [
      [query, queryNorm],
      [key, keyNorm],
      [value, valueNorm],
    ].map(([dense, norm]) =>
      turned((norm as typeof queryNorm)!.forward(byHead((dense as typeof query).forward(x)))),
    );
    const heads = turned(scaledDotProductAttention(q!, k!, v!));
    expect(gap(block.attention.forward(x), output.forward(reshape(heads, [2, 3, 4])))).to.be.below(1e-14);
    expect(valueNorm!.parameters()[0]!.shape).to.deep.equal([2]);
  });

  it('of sub_ln stand before the last layer of each, over the whole width', () => {
    const block = made('sub_ln');
    const { query, key, value, output, innerNorm } = block.attention;
    const x = normal([2, 3, 4], 3);
    const [q, k, v] = [query, key, value].map((dense) => turned(byHead(dense.forward(x))));
    const heads = reshape(turned(scaledDotProductAttention(q!, k!, v!)), [2, 3, 4]);
    expect(gap(block.attention.forward(x), output.forward(innerNorm!.forward(heads)))).to.be.below(1e-14);
    for (const gated of [false, true]) {
      const { mlp } = made('sub_ln', { gated, activation: 'silu' });
      expect(mlp.innerNorm!.parameters()[0]!.shape).to.deep.equal([16]);
      const seen: Tensor[] = [];
      const { down } = mlp;
      const forward = down.forward.bind(down);
      down.forward = (read) => forward((seen.push(read), read));
      mlp.forward(x);
      const norm = createNormalizationLayer('layer_norm');
      norm.forward(normal([1, 16], 1));
      norm.loadStateDict(mlp.innerNorm!.stateDict());
      const open = new TransformerBlock({ ...small, gated, activation: 'silu' });
      open.forward(x);
      const plain: Tensor[] = [];
      open.mlp.down.forward = (read) => (plain.push(read), x);
      open.mlp.up.loadStateDict(mlp.up.stateDict());
      open.mlp.gate?.loadStateDict(mlp.gate!.stateDict());
      open.mlp.forward(x);
      expect(gap(seen[0]!, norm.forward(plain[0]!))).to.equal(0);
    }
  });

  it('of output are those of queries and keys, unless switched off or stated', () => {
    const types = (placement: Placement, options = {}) => {
      const { queryNorm, keyNorm, valueNorm } = made(placement, options).attention;
      return [queryNorm?.type, keyNorm?.type, valueNorm?.type];
    };
    expect(types('output')).to.deep.equal(['layer_norm', 'layer_norm', undefined]);
    expect(types('output', { attentionNormalization: 'rms_norm' })).to.deep.equal([
      'rms_norm',
      'rms_norm',
      undefined,
    ]);
    expect(types('output', { queryKeyNormalization: 'rms_norm' })).to.deep.equal([
      'rms_norm',
      'rms_norm',
      undefined,
    ]);
    expect(types({ type: 'output', queryKey: false })).to.deep.equal([undefined, undefined, undefined]);
    expect(types('pre')).to.deep.equal([undefined, undefined, undefined]);
    expect(types('hybrid', { queryKeyNormalization: { type: 'none' } })).to.deep.equal(
      Array(3).fill('layer_norm'),
    );
  });
});

describe('initial values', () => {
  it('of DeepNorm and Sub-LN are those of their papers', () => {
    const of = (placement: BlockWiringOptions['placement'], depth: number) => {
      const { mlp, inside } = blockWiring({ placement: placement!, depth });
      expect(inside.attention.kernelGain).to.equal(inside.mlp.kernelGain);
      return [mlp!.skip, inside.mlp.kernelGain].map((value) => value && Number(value).toPrecision(6));
    };
    expect(of('deep_norm', 12)).to.deep.equal(['2.21336', '0.319472']);
    expect(of('deep_norm', 100)).to.deep.equal(['3.76060', '0.188030']);
    const encoder = { stack: 'encoder', decoderDepth: 12 } as const;
    expect(of({ type: 'deep_norm', ...encoder }, 12)).to.deep.equal(['1.76088', '0.400198']);
    expect(of({ type: 'deep_norm', stack: 'decoder' }, 12)).to.deep.equal(['2.44949', '0.288675']);
    expect(of('sub_ln', 12)).to.deep.equal([undefined, '1.78271']);
    expect(of('sub_ln', 100)).to.deep.equal([undefined, '2.30181']);
    // √(ln 3M · ln 2N / 3) and √(ln 3M) by a calculator, for N = 6 and M = 12.
    expect(of({ type: 'sub_ln', ...encoder }, 6)).to.deep.equal([undefined, '1.72286']);
    expect(of({ type: 'sub_ln', stack: 'decoder' }, 12)).to.deep.equal([undefined, '1.89302']);
  });

  it('multiply the kernels of values, of the output layer and of the MLP, and no others', () => {
    const kernels = (placement: Placement) => {
      const block = new TransformerBlock({ ...small, placement, gated: true });
      block.forward(normal([1, 2, 4], 1));
      return block.stateDict();
    };
    const plain = kernels('pre');
    for (const [placement, gain] of [
      ['deep_norm', 32 ** -0.25],
      ['sub_ln', Math.sqrt(Math.log(8))],
    ] as const) {
      const scaled = kernels(placement);
      for (const name of Object.keys(plain).filter((name) => name.endsWith('kernel'))) {
        const factor = /value|output|up|down/.test(name) ? gain : 1;
        expect([...scaled[name]!.data], name).to.deep.equal(
          [...plain[name]!.data].map((number) => factor * number),
        );
      }
    }
  });

  it('of layer_norm_scaling are 1/√ℓ in the ℓ-th block, around both parts', () => {
    for (let index = 0; index < 12; index++) {
      const { attention, mlp } = blockWiring({ placement: 'layer_norm_scaling', index });
      expect([attention.scale, mlp!.scale]).to.deep.equal(Array(2).fill(1 / Math.sqrt(index + 1)));
    }
    const model = new LanguageModel({ ...sizes, layers: 4, placement: 'layer_norm_scaling' });
    expect(model.blocks.map(({ options: { depth, index } }) => [depth, index])).to.deep.equal(
      [0, 1, 2, 3].map((index) => [4, index]),
    );
  });

  it('of LayerScale are 1e-5 for each feature, or as stated; of ReZero one 0', () => {
    const start = (placement: Placement) => {
      const block = new TransformerBlock({ ...small, placement });
      block.forward(normal([1, 2, 4], 1));
      return [block.attentionOutputNorm!, block.mlpOutputNorm!].map((norm) =>
        norm.parameters()[0]!.toArray(),
      );
    };
    expect(start('layer_scale')).to.deep.equal(Array(2).fill(Array(4).fill(1e-5)));
    expect(start({ type: 'layer_scale', initial: 0.1 })).to.deep.equal(Array(2).fill(Array(4).fill(0.1)));
    expect(start('re_zero')).to.deep.equal([0, 0]);
  });

  it('make blocks the identity, to the bit, where gains start at 0, and let them learn', () => {
    const gained = shapePreservingTypes.filter(
      (type) => failure(() => withZeroGain('', type)) === 'no error',
    );
    const withGain = (type: keyof typeof norms) =>
      // The gain of bias_free_batch_norm starts at 1: it has no initializer.
      type !== 'bias_free_batch_norm' &&
      Object.values(norms[type].parameters as object).some(({ role }: { role?: string }) => role === 'gain');
    expect(gained).to.include.members([
      ...shapePreservingTypes.filter(withGain),
      'dynamic_erf',
      'scale_norm',
    ]);
    expect(gained).to.include.members(['layer_norm', 'rms_norm', 'group_norm', 'batch_norm', 'dynamic_tanh']);
    for (const [placement, normalization] of [
      ['re_zero', 'layer_norm'],
      [{ type: 'layer_scale', initial: 0 }, 'layer_norm'],
      ...[
        ...gained,
        { type: 'rms_norm', offset: 1 } as const,
        norms.layer_norm,
        { definition: norms.rms_norm, offset: 0.5, epsilon: 0.1 },
      ].map((norm) => [{ type: 'output', zeroGain: true }, norm] as const),
    ] as const) {
      const block = new TransformerBlock({ ...small, placement, normalization });
      const [x, seed] = [normal([2, 3, 4], 5), normal([2, 3, 4], 6)];
      const { gradients } = valueAndGrad(() => {
        const y = block.forward(x);
        expect([...y.value.data], JSON.stringify(normalization)).to.deep.equal([...x.value.data]);
        return sum(mul(y, seed));
      }, block);
      for (const norm of [block.attentionOutputNorm!, block.mlpOutputNorm!]) {
        const sizes = norm
          .parameters()
          .map((weight) => sum(mul(gradients.of(weight)!, gradients.of(weight)!)).item());
        expect(Math.max(...sizes), JSON.stringify(normalization)).to.be.above(1e-6);
      }
    }
  });

  it('of a zero gain need a norm with a gain', () => {
    const unmade = (normalization: TransformerBlockOptions['normalization']) =>
      failure(
        () =>
          new TransformerBlock({
            ...small,
            placement: { type: 'output', zeroGain: true },
            normalization: normalization!,
          }),
      );
    for (const [normalization, received] of [
      ['none', 'none'],
      ['band_rms', 'band_rms'],
      ['global_response_norm', 'global_response_norm'],
      [{ type: 'rms_norm', useScale: false }, 'rms_norm'],
    ] as const) {
      expect(unmade(normalization)).to.equal(
        `TransformerBlock.placement.zeroGain: expected a normalization with a learned gain, such as layer_norm, received "${received}".`,
      );
    }
    expect(unmade({ type: 'rms_norm', scaleInitializer: 'ones' })).to.equal('no error');
    const { attentionOutputNorm } = new TransformerBlock({
      ...small,
      placement: { type: 'output', zeroGain: true },
      normalization: { definition: norms.rms_norm, offset: 0.5, epsilon: 0.1 },
    });
    expect(attentionOutputNorm!.getConfig()).to.deep.include({ type: 'rms_norm', offset: 0.5, epsilon: 0.1 });
  });
});

const sizes = { vocabularySize: 7, contextLength: 6, layers: 2, hiddenSize: 8, heads: 2, seed: 1 } as const;
const tokens = [0, 1, 2, 0, 3, 4];
const lossOf = (model: LanguageModel) => () =>
  crossEntropy(reshape(model.forward([tokens.slice(0, -1)]), [5, 7]), tokens.slice(1));

describe('a language model, with every placement,', () => {
  it('trains, is saved and loaded, and is recomputed in a checkpoint', function () {
    this.timeout(60_000);
    for (const placement of STATED) {
      const name = JSON.stringify(placement);
      const options = { ...sizes, placement, normalization: 'layer_norm', dropout: 0.1 } as const;
      const model = new LanguageModel(options);
      const optimizer = new Adam({ learningRate: 0.01 });
      const before = lossOf(model.eval())().item();
      model.train();
      for (let step = 0; step < 20; step++) optimizer.step(valueAndGrad(lossOf(model), model).gradients);
      const after = lossOf(model.eval())().item();
      expect(after, name).to.be.below(before - 0.3);

      const copy = new LanguageModel({ ...options, seed: 2 }).eval();
      copy.forward([[0]]);
      copy.loadStateDict(JSON.parse(JSON.stringify(model.stateDict())) as ReturnType<typeof model.stateDict>);
      expect(lossOf(copy)().item(), name).to.equal(after);

      const numbers = (run: (f: () => Tensor) => Tensor) => {
        const { gradients } = valueAndGrad(() => run(lossOf(model)), model);
        return model.parameters().map((weight) => [...gradients.of(weight)!.value.data]);
      };
      expect(numbers(checkpoint), name).to.deep.equal(numbers((f) => f()));
    }
  });

  it('ends with a norm, unless its last block does or there are none', () => {
    const ends = (placement: Placement) => new LanguageModel({ ...sizes, placement }).norm !== undefined;
    const without = TYPES.filter((type) => !ends(type));
    expect(without).to.deep.equal(['post', 'deep_norm', 're_zero']);
    expect([0, 1, 2].map((first) => ends({ type: 'mix', first }))).to.deep.equal([true, true, false]);
  });

  it('is bounded in depth, if norms bound what is added', () => {
    const options = {
      ...sizes,
      layers: 6,
      placement: 'output',
      normalization: 'rms_norm',
      dtype: 'float64',
    } as const;
    const model = new LanguageModel(options);
    model.forward([[0]]);
    model.parameters().forEach((weight, i) => {
      if (weight.shape.length > 1) weight.value = mul(normal(weight.shape, i), 100).value;
    });
    const rms = (x: Tensor, place: number) => {
      const row = slice(x, [0, place]).toArray() as number[];
      return Math.sqrt(row.reduce((total, number) => total + number * number, 0) / row.length);
    };
    const ids = [[0, 1, 2, 3, 4, 5]];
    const embedded = model.positions!.forward(reshape(model.embedding.forward(ids), [1, 6, 8]));
    model
      .layers(ids)
      .slice(0, -1)
      .forEach((output, i) => {
        for (const place of ids[0]!)
          expect(rms(output, place)).to.be.at.most(rms(embedded, place) + 2 * (i + 1) + 1e-9);
      });
  });

  it('mix is pre with no post-norm block, and post with no other', () => {
    const logits = (options: Partial<LanguageModelOptions>) => {
      const model = new LanguageModel({ ...sizes, layers: 5, ...options });
      return { logits: model.forward([tokens]).toArray(), names: [...model.namedParameters().keys()] };
    };
    expect(logits({ placement: { type: 'mix', first: 0 } })).to.deep.equal(logits({ placement: 'pre' }));
    expect(logits({ placement: { type: 'mix', first: 5 } })).to.deep.equal(logits({ placement: 'post' }));
    expect(logits({ placement: 'mix' })).to.deep.equal(logits({ placement: { type: 'mix', first: 1 } }));
    expect(logits({ placement: 'mix' }).logits).not.to.deep.equal(logits({ placement: 'pre' }).logits);
  });

  it('hybrid starts with a pre-norm block, if it is asked for', () => {
    const model = new LanguageModel({ ...sizes, placement: { type: 'hybrid', firstPre: true } });
    const [first, second] = model.blocks;
    expect(first!.attentionNorm && first!.attention.valueNorm).not.to.equal(undefined);
    expect(second!.attentionNorm).to.equal(undefined);
    const x = randomNormal([1, 3, 8], { seed: 1 });
    expect(gap(first!.forward(x), FORMULAS.pre(x, partsOf(first!)))).to.equal(0);
  });

  it('normalizes its embeddings too, if it is asked for, as in Peri-LN', () => {
    const options = { ...sizes, placement: 'sandwich', normalization: 'rms_norm' } as const;
    const model = new LanguageModel({ ...options, embeddingNormalization: 'rms_norm' });
    const embedded = model.positions!.forward(reshape(model.embedding.forward([[3, 1]]), [1, 2, 8]));
    const first = model.layers([[3, 1]])[0]!;
    expect(gap(first, model.blocks[0]!.forward(model.embeddingNorm!.forward(embedded)))).to.equal(0);
    expect([...model.namedParameters().keys()].slice(0, 3)).to.deep.equal([
      'embedding.embeddings',
      'positions.embeddings',
      'embedding_norm.scale',
    ]);
    expect(new LanguageModel(options).embeddingNorm).to.equal(undefined);
  });
});

describe('a wrong placement', () => {
  const unmade = (placement: unknown, options: object = {}) =>
    failure(() => new TransformerBlock({ hiddenSize: 4, heads: 2, placement, ...options } as never));

  it('is rejected with its values, before anything is built', () => {
    expect(unmade('before')).to.equal(
      `TransformerBlock.placement: expected one of ${TYPES.join(', ')}, or an object of such a type and its options, received "before".`,
    );
    expect(unmade('deepnorm')).to.include('Did you mean deep_norm?');
    expect(unmade({ type: 'output', zerogain: true })).to.include('Did you mean zeroGain?');
    expect(unmade({ type: 'pre', first: 1 })).to.include('TransformerBlock.placement: expected no options');
    const model = (options: object) =>
      failure(() => new LanguageModel({ ...sizes, layers: 12, ...options } as LanguageModelOptions));
    expect(model({ placement: { type: 'mix', first: 13 } })).to.equal(
      'LanguageModel.placement.first: expected a whole number from 0 to 12, the number of blocks, or quarter, received 13.',
    );
    for (const first of [-1, 1.5, NaN, 'half'])
      expect(model({ placement: { type: 'mix', first } })).to.include(
        'LanguageModel.placement.first: expected a whole number from 0, or quarter, received',
      );
    expect(model({ depth: 3 }))
      .to.include('LanguageModel: expected one of the options')
      .and.include('received "depth"');
  });

  it('includes one that depends on an unknown depth or index', () => {
    for (const placement of ['deep_norm', 'sub_ln', 'mix'] as const)
      expect(unmade(placement)).to.equal(
        `TransformerBlock.depth: expected the number of blocks in the stack, on which the placement ${placement} depends, received "unknown".`,
      );
    for (const placement of ['layer_norm_scaling', 'mix', { type: 'hybrid', firstPre: true }] as const)
      expect(unmade(placement, { depth: 3 })).to.equal(
        `TransformerBlock.index: expected the index of the block in its stack, on which the placement ${typeof placement === 'string' ? placement : placement.type} depends, received "unknown".`,
      );
    for (const placement of [
      'pre',
      'post',
      'sandwich',
      'output',
      'layer_scale',
      're_zero',
      'hybrid',
      'parallel',
    ])
      expect(unmade(placement)).to.equal('no error');
    expect(unmade('pre', { depth: 3, index: 3 })).to.equal(
      'TransformerBlock.index: expected a whole number from 0 to 2, since the depth is 3, received 3.',
    );
    expect(unmade('pre', { depth: 0 })).to.include(
      'TransformerBlock.depth: expected a whole number from 1, or unknown',
    );
  });

  it('includes a decoder where there is none, and an encoder without one', () => {
    const at = { depth: 3, index: 0 };
    for (const type of ['deep_norm', 'sub_ln']) {
      expect(unmade({ type, stack: 'encoder' }, at)).to.equal(
        'TransformerBlock.placement.decoderDepth: expected the number of blocks of the decoder, since the stack is an encoder, received 0.',
      );
      expect(unmade({ type, decoderDepth: 2 }, at)).to.equal(
        'TransformerBlock.placement.decoderDepth: expected no depth of a decoder, unless the stack is an encoder, received 2.',
      );
    }
  });
});
