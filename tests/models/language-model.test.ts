import { expect } from 'chai';
import fc from 'fast-check';
import { Random, distance, fromSource, map } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { valueAndGrad } from '../../src/autograd/vjp.js';
import { assertGradients } from '../../src/autograd/gradcheck/gradcheck.js';
import { LanguageModel, type LanguageModelOptions } from '../../src/models/language-model.js';
import { placements } from '../../src/models/placements.js';
import { sample } from '../../src/models/sampling.js';
import { crossEntropy } from '../../src/nn/losses/index.js';
import { concat, matmul, mul, reshape, slice, transpose } from '../../src/ops/catalog.js';
import { randomNormal } from '../../src/ops/create.js';
import { Adam } from '../../src/optim/adam.js';
import { failure } from '../support/failure.js';

const small = { vocabularySize: 7, contextLength: 6, layers: 2, hiddenSize: 8, heads: 2, seed: 1 } as const;

/** A model whose weights are not at their start, so that its logits are far apart. */
function made(options: Partial<LanguageModelOptions> = {}): LanguageModel {
  const model = new LanguageModel({ ...small, ...options });
  model.forward([[0, 1]]);
  model.parameters().forEach((weight, i) => {
    const { dtype } = weight;
    weight.value = randomNormal(weight.shape, { seed: i, standardDeviation: 0.7, dtype }).value;
  });
  return model;
}

const gap = (a: Tensor, b: Tensor): number => distance(a.value, b.value);

const forms = fc.record({
  positions: fc.constantFrom('learned' as const, 'sinusoidal' as const, 'rotary' as const, 'none' as const),
  placement: fc.constantFrom(...(Object.keys(placements) as (keyof typeof placements)[])),
  groups: fc.constantFrom(0, 1),
  gated: fc.boolean(),
  tieWeights: fc.boolean(),
  queryKeyNormalization: fc.constantFrom('none' as const, 'rms_norm' as const),
});

const prompts = fc.array(fc.nat(6), { minLength: 1, maxLength: 6 });

describe('a language model', () => {
  it('is embeddings, positions, blocks, a norm, and the embeddings again', () => {
    const model = made();
    const tokens = [[3, 1, 4]];
    const embedded = model.embedding.forward(tokens);
    const read = model.blocks.reduce((x, block) => block.forward(x), model.positions!.forward(embedded));
    const logits = matmul(model.norm!.forward(read), transpose(model.embedding.embeddings));
    expect(model.forward(tokens).toArray()).to.deep.equal(logits.toArray());
    expect(model.forward(tokens).shape).to.deep.equal([1, 3, 7]);
    expect(model.forward(tensor(tokens)).toArray()).to.deep.equal(logits.toArray());
  });

  it('has the weights of its options', () => {
    const names = (options: Partial<LanguageModelOptions>) =>
      [
        ...made({ layers: 1, normalization: 'rms_norm', ...options })
          .namedParameters()
          .keys(),
      ].filter((name) => !name.startsWith('blocks.0.'));
    expect(names({})).to.deep.equal(['embedding.embeddings', 'positions.embeddings', 'norm.scale']);
    expect(names({ tieWeights: false, positions: 'rotary' })).to.deep.equal([
      'embedding.embeddings',
      'norm.scale',
      'output.kernel',
    ]);
    expect(names({ placement: 'post', positions: 'sinusoidal' })).to.deep.equal(['embedding.embeddings']);
    expect(names({ normalization: 'none', positions: 'none' })).to.deep.equal(['embedding.embeddings']);
    const { options } = new LanguageModel({ vocabularySize: 2, contextLength: 2 });
    expect(options).to.include({
      hiddenSize: 768,
      heads: 12,
      layers: 12,
      normalization: 'zero_centered_rms_norm',
      placement: 'pre',
      tieWeights: true,
      dropout: 0,
    });
  });

  it('starts where all tokens are about as likely, from the same bits for the same seed', () => {
    const logits = (seed: number) => new LanguageModel({ ...small, seed }).forward([[1, 2, 3]]);
    const loss = crossEntropy(reshape(logits(1), [3, 7]), [2, 3, 4]).item();
    expect(loss).to.be.closeTo(Math.log(7), 0.2);
    expect(logits(1).toArray()).to.deep.equal(logits(1).toArray());
    expect(logits(1).toArray()).not.to.deep.equal(logits(2).toArray());
  });

  it('multiplies embeddings by their scale, before positions, and not for the logits', () => {
    const tokens = [[3, 1, 4]];
    for (const [embeddingScale, factor] of [
      [2.5, 2.5],
      ['sqrt', Math.sqrt(8)],
      ['learned', Math.sqrt(8)],
    ] as const) {
      const model = made({ embeddingScale });
      if (embeddingScale === 'learned')
        model.embeddingScale!.value = fromSource(factor, { dtype: 'float32' });
      const embedded = mul(model.embedding.forward(tokens), factor);
      const read = model.blocks.reduce((x, block) => block.forward(x), model.positions!.forward(embedded));
      const logits = matmul(model.norm!.forward(read), transpose(model.embedding.embeddings));
      expect(gap(model.forward(tokens), logits)).to.be.below(1e-5);
      expect(gap(model.forward(tokens), made().forward(tokens))).to.be.above(1e-3);
    }
    const plain = made({ embeddingScale: 1 });
    expect(plain.forward(tokens).toArray()).to.deep.equal(made().forward(tokens).toArray());
  });

  it('learns a scale that starts at √hiddenSize, in its own dtype, and saves it', () => {
    const options = { ...small, embeddingScale: 'learned', dtype: 'float64' } as const;
    const model = new LanguageModel(options);
    expect(model.embeddingScale!.value.dtype).to.equal('float64');
    expect(model.namedParameters().get('embedding_scale')).to.equal(model.embeddingScale);
    expect(model.embeddingScale!.item()).to.equal(Math.sqrt(8));
    const labels = [1, 2];
    const { gradients } = valueAndGrad(() => crossEntropy(reshape(model.forward([[0, 1]]), [2, 7]), labels));
    expect(Math.abs(gradients.of(model.embeddingScale!)!.item())).to.be.above(0);
    model.embeddingScale!.value = fromSource(3.25, { dtype: 'float64' });
    const copy = new LanguageModel({ ...options, seed: 2 });
    copy.forward([[0, 1]]);
    copy.loadStateDict(model.stateDict());
    expect(copy.embeddingScale!.item()).to.equal(3.25);
    expect(copy.forward([[0, 1]]).toArray()).to.deep.equal(model.forward([[0, 1]]).toArray());
    for (const stated of [{}, { embeddingScale: 2 }, { embeddingScale: 'sqrt' }] as const) {
      expect(new LanguageModel({ ...small, ...stated }).embeddingScale).to.equal(undefined);
    }
  });

  it('has the right gradients through every form of the scale', () => {
    for (const embeddingScale of [0.7, 'sqrt', 'learned'] as const) {
      const model = made({ embeddingScale, layers: 1, dtype: 'float64', normalization: 'dynamic_tanh' });
      const weight = randomNormal([1, 3, 7], { seed: 9, dtype: 'float64' });
      const inputs = [model.embedding.embeddings, model.embeddingScale].filter(
        (input) => input !== undefined,
      );
      assertGradients(() => mul(model.forward([[3, 1, 4]]), weight), inputs);
    }
  });

  it('refuses a scale that is neither a number above 0 nor a word for one', () => {
    for (const embeddingScale of [0, -1, NaN, 'root', true]) {
      expect(failure(() => new LanguageModel({ ...small, embeddingScale } as never))).to.include(
        'LanguageModel.embeddingScale: expected a finite number above 0, or sqrt or learned, received',
      );
    }
  });

  it('ignores later tokens', () => {
    fc.assert(
      fc.property(forms, fc.integer({ min: 1, max: 5 }), (form, cut) => {
        const model = made(form);
        const [a, b] = [
          [1, 2, 3, 4, 5, 6],
          [6, 5, 4, 3, 2, 0],
        ];
        const mixed = [...a.slice(0, cut), ...b.slice(cut)];
        const head = (tokens: number[]) => slice(model.forward([tokens]), [[], [0, cut]]);
        expect(head(a).toArray()).to.deep.equal(head(mixed).toArray());
      }),
      { numRuns: 25 },
    );
  });

  it('gives the same logits with a cache, token by token, as at once', () => {
    fc.assert(
      fc.property(forms, prompts, (form, prompt) => {
        const model = made({ ...form, dtype: 'float64' });
        const cache = model.cache();
        const parts = prompt.map((token) => model.forward([[token]], { cache }));
        expect(cache.map(({ length }) => length)).to.deep.equal([prompt.length, prompt.length]);
        expect(gap(concat(parts, 1), model.forward([prompt]))).to.be.below(1e-11);
      }),
      { numRuns: 25 },
    );
  });

  it('generates with a cache what it generates without, beyond its context too', () => {
    fc.assert(
      fc.property(forms, prompts, fc.nat(), (form, prompt, seed) => {
        // In float64, so that rounding turns no draw.
        const model = made({ ...form, dtype: 'float64' });
        const options = { length: 9, seed, temperature: 0.7 };
        const tokens = model.generate(prompt, options);
        expect(tokens.slice(0, prompt.length)).to.deep.equal(prompt);
        expect(tokens).to.have.length(prompt.length + 9);
        expect(model.generate(prompt, { ...options, useCache: false })).to.deep.equal(tokens);
      }),
      { numRuns: 25 },
    );
  });

  it('generates the most likely tokens at temperature 0, and stops at stop tokens', () => {
    const model = made();
    const tokens = model.generate([2], { length: 5, temperature: 0 });
    for (let i = 1; i < tokens.length; i++) {
      const row = slice(model.forward([tokens.slice(0, i)]), [0, -1]).toArray() as number[];
      expect(tokens[i]).to.equal(row.indexOf(Math.max(...row)));
    }
    expect(model.generate([2], { length: 5, topK: 1, seed: 3 })).to.deep.equal(tokens);
    expect(model.generate([2], { length: 5, topP: 1e-9, seed: 3 })).to.deep.equal(tokens);
    const stopped = model.generate([2], { length: 5, temperature: 0, stop: [tokens[2]!] });
    expect(stopped).to.deep.equal(tokens.slice(0, tokens.indexOf(tokens[2]!, 1) + 1));
    // A context that is just full is read whole; of one that is more than full, the later half.
    const likeliest = (read: number[]): number => {
      const row = slice(model.forward([read]), [0, -1]).toArray() as number[];
      return row.indexOf(Math.max(...row));
    };
    const full = [5, 1, 4, 0, 3, 6];
    const [seventh, eighth] = model.generate(full, { length: 2, temperature: 0 }).slice(6);
    expect(seventh).to.equal(likeliest(full));
    expect(eighth).to.equal(likeliest([3, 6, seventh!]));
    expect(model.generate([2, 3], { length: 0 })).to.deep.equal([2, 3]);
  });

  it('generates in evaluation mode and off the tape, and restores the mode', () => {
    const model = made({ dropout: 0.5 });
    model.train();
    model.blocks[1]!.eval();
    const before = [...model.namedModules().values()].map(({ training }) => training);
    const random = [...model.generators().values()].map(({ state }) => state);
    const { value } = valueAndGrad(() => {
      model.generate([1], { length: 3 });
      return tensor(1);
    });
    expect(value.item()).to.equal(1);
    expect([...model.namedModules().values()].map(({ training }) => training)).to.deep.equal(before);
    expect([...model.generators().values()].map(({ state }) => state)).to.deep.equal(random);
  });

  it('accumulates the gradients of the embeddings from input and logits', () => {
    const model = made({ vocabularySize: 3, layers: 1, hiddenSize: 4, contextLength: 2, dtype: 'float64' });
    const { embeddings } = model.embedding;
    assertGradients(() => model.forward([[2, 0]]), [embeddings]);
    assertGradients(() => model.forward([[2, 0]]), model.parameters().slice(1));
  });

  it('memorizes a sequence', function () {
    this.timeout(60_000);
    const model = new LanguageModel({ ...small, positions: 'rotary' });
    const tokens = [0, 1, 2, 0, 3, 4];
    const optimizer = new Adam({ learningRate: 0.01 });
    for (let step = 0; step < 120; step++) {
      const { gradients } = valueAndGrad(
        () => crossEntropy(reshape(model.forward([tokens.slice(0, -1)]), [5, 7]), tokens.slice(1)),
        model,
      );
      optimizer.step(gradients);
    }
    expect(model.generate([0], { length: 5, temperature: 0 })).to.deep.equal(tokens);
  });

  it('rejects inputs that do not fit', () => {
    const model = made();
    expect(failure(() => model.forward([[0, 1, 2, 3, 4, 5, 6]]))).to.equal(
      'LanguageModel: expected a sequence of at most 6 positions, received 7. Shorten it, or allow more positions by contextLength or maxLength.',
    );
    const cache = model.cache();
    model.forward([[0, 1, 2, 3]], { cache });
    expect(failure(() => model.forward([[0, 1, 2]], { cache }))).to.include(
      'at most 6 positions, received 7.',
    );
    const turning = made({ positions: 'rotary' });
    const read = turning.cache();
    turning.forward([[0, 1, 2, 3]], { cache: read });
    expect(failure(() => turning.forward([[0, 1, 2]], { cache: read }))).to.include(
      'LanguageModel: expected a sequence',
    );
    expect(failure(() => model.forward([[0, 7]]))).to.equal(
      'LanguageModel: expected token ids from 0 to 6, received 7.',
    );
    expect(failure(() => model.forward([0, 1]))).to.equal(
      'LanguageModel: expected tokens [batch, length] that are not empty, received [2].',
    );
    expect(failure(() => model.forward([[]]))).to.include('that are not empty, received [1,0].');
    expect(failure(() => model.forward([[0]], { cache: [] }))).to.equal(
      'LanguageModel: expected a cache of 2 blocks, as the method cache makes it, received 0.',
    );
    expect(failure(() => model.forward([[0, 1]], { paddingMask: [[1, 1, 1]] }))).to.equal(
      'LanguageModel.paddingMask: expected the shape [1,2], received [1,3].',
    );
    expect(failure(() => model.generate([]))).to.equal(
      'LanguageModel.generate: expected a prompt of at least one token, in one list, received [].',
    );
    expect(failure(() => model.generate([[1]] as never))).to.include('in one list, received [[1]].');
    expect(failure(() => model.generate([0, 1, 2, 3, 4, 5, 6]))).to.include(
      'at most 6 positions, received 7.',
    );
    expect(failure(() => model.generate([-1]))).to.equal(
      'LanguageModel.generate: expected token ids from 0 to 6, received -1.',
    );
    expect(failure(() => model.generate([1], { topP: 0 }))).to.equal(
      'LanguageModel.generate.topP: expected a finite number above 0 and up to 1, received 0.',
    );
    expect(failure(() => new LanguageModel({ vocabularySize: 3 } as LanguageModelOptions))).to.equal(
      'LanguageModel.contextLength: expected a whole number from 1, received null.',
    );
    expect(failure(() => made({ causal: true } as object))).to.include('received "causal"');
  });
});

describe('sampling', () => {
  const all = { temperature: 1, topK: 0, topP: 1 };
  const logits = fromSource([Math.log(0.5), Math.log(0.1), Math.log(0.3), Math.log(0.1)]);
  const shares = (choice: Partial<typeof all>, of = logits): number[] => {
    const random = new Random(5);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[sample(of, { ...all, ...choice }, random)]! += 1 / 4000;
    return counts;
  };
  const expectNear = (actual: number[], expected: number[]) =>
    // Five standard deviations of a share of 4000.
    actual.forEach((share, i) => {
      if (expected[i] === 0) expect(share).to.equal(0);
      else expect(share).to.be.closeTo(expected[i]!, 5 * Math.sqrt(0.25 / 4000));
    });

  it('draws tokens by softmax, flatter at a higher temperature', () => {
    expectNear(shares({}), [0.5, 0.1, 0.3, 0.1]);
    const squares = [0.25, 0.01, 0.09, 0.01].map((power) => power / 0.36);
    expectNear(shares({ temperature: 0.5 }), squares);
    expect(shares({ temperature: 0 })).to.satisfy(([first]: number[]) => Math.abs(first! - 1) < 1e-9);
    expectNear(
      shares(
        {},
        map(logits, (x) => x + 1000),
      ),
      [0.5, 0.1, 0.3, 0.1],
    );
  });

  it('draws only among the topK most likely, and the fewest that reach topP', () => {
    expectNear(shares({ topK: 2 }), [5 / 8, 0, 3 / 8, 0]);
    expectNear(shares({ topK: 3 }), [5 / 9, 1 / 9, 3 / 9, 0]);
    expectNear(shares({ topK: 9 }), [0.5, 0.1, 0.3, 0.1]);
    expectNear(shares({ topP: 0.4 }), [1, 0, 0, 0]);
    expectNear(shares({ topP: 0.6 }), [5 / 8, 0, 3 / 8, 0]);
    expectNear(shares({ topP: 0.85 }), [5 / 9, 1 / 9, 3 / 9, 0]);
    expectNear(shares({ topP: 0.5 }, fromSource([0, 0, -Infinity, -Infinity])), [1, 0, 0, 0]);
    // Of the two that topK leaves, the first has a share of 5 / 8.
    expectNear(shares({ topK: 2, topP: 0.6 }), [1, 0, 0, 0]);
  });
});
