import { expect } from 'chai';
import { Network } from '../../../../src/cli/experiment/ood/network.js';
import { OBJECTIVES } from '../../../../src/cli/experiment/ood/objectives.js';
import { READERS } from '../../../../src/cli/experiment/ood/readings.js';
import { foldsOf } from '../../../../src/cli/experiment/ood/samples.js';
import { SETTINGS } from '../../../../src/cli/experiment/ood/settings.js';
import { asImages, inverted } from '../../../../src/cli/experiment/images.js';
import { digits } from '../../../../src/data/index.js';
import { type Tensor, crossEntropy, randomNormal, tensor } from '../../../../src/index.js';
import { resolve } from '../../../../src/option/index.js';

const images = asImages('test', digits());
const settings = resolve('test', SETTINGS, {});
const choice = { learningRate: 0.1, temperature: 0.04, scale: 1 };
const numbers = (x: Tensor): number[] => Array.from(x.value.data);
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const length = (a: readonly number[]) => Math.sqrt(dot(a, a));
const rowsOf = (x: Tensor) => x.toArray() as number[][];
const near = (received: readonly number[], expected: readonly number[]) => {
  expect(received).to.have.length(expected.length);
  received.forEach((x, i) =>
    expect(x).to.be.closeTo(expected[i]!, 2e-5 * Math.max(1, Math.abs(expected[i]!))),
  );
};

describe('experiment ood: folds', () => {
  const folds = foldsOf(images, settings);

  it('hold out each class once, if the number of seeds allows it', () => {
    expect(folds.flatMap(({ heldOut }) => heldOut).sort()).to.deep.equal([...'0123456789']);
    const twice = foldsOf(images, { ...settings, seeds: 10 }).flatMap(({ heldOut }) => heldOut);
    for (const name of '0123456789') expect(twice.filter((one) => one === name)).to.have.length(2);
  });

  it('split all samples of the other classes into training and test samples, under their names', () => {
    // The pixels identify a sample: no two digits here are equal.
    const key = (pixels: readonly number[]) => pixels.join();
    const pixelsOf = (x: Tensor) => {
      const all = numbers(x);
      return Array.from({ length: x.shape[0]! }, (_, i) => key(all.slice(i * 64, (i + 1) * 64)));
    };
    const known = new Map(pixelsOf(images.features).map((pixels, i) => [pixels, String(images.labels[i])]));
    for (const { heldOut, inliers, outliers } of folds) {
      const { train, test } = inliers;
      expect(train.classes).to.have.length(8);
      for (const { features, labels, classes } of [train, test]) {
        pixelsOf(features).forEach((pixels, i) => expect(classes[labels[i]!]).to.equal(known.get(pixels)));
      }
      const held = pixelsOf(outliers['held-out classes']);
      for (const pixels of held) expect(heldOut).to.include(known.get(pixels));
      expect(train.labels.length + test.labels.length + held.length).to.equal(1797);
      expect(outliers.noise.shape).to.deep.equal(test.features.shape);
      expect(numbers(outliers.inverted)).to.deep.equal(numbers(inverted(test.features)));
    }
  });

  it('reject settings that leave fewer than two classes, or no samples', () => {
    expect(() => foldsOf(images, { ...settings, heldOut: 9 })).to.throw(
      '--held-out: expected at most 8 of 10 classes, so that two are left, received 9.',
    );
    const one = { ...images, labels: images.labels.map(() => 3) };
    expect(() => foldsOf(one, settings)).to.throw('1 of the others, received [1797,0].');
  });
});

describe('experiment ood: networks', () => {
  const x = randomNormal([5, 8, 8, 1], { seed: 2 });
  const network = (head: Network['head'], scale = 1) =>
    new Network({ side: 8, classes: 3, width: 2, head, scale, seed: 4 });
  const columns = ({ classifier }: Network) => {
    const kernel = rowsOf(classifier.kernel!);
    return Array.from({ length: 3 }, (_, k) => kernel.map((row) => row[k]!));
  };

  it('compute logits from features according to their head', () => {
    for (const [head, scale] of [
      ['linear', 1],
      ['weights', 1],
      ['cosine', 40],
    ] as const) {
      const model = network(head, scale).eval();
      const { features, logits } = model.forward(x);
      const weights = columns(model);
      const products = rowsOf(features).map((f) =>
        weights.map((w) => {
          const product = dot(f, w);
          if (head === 'linear') return product;
          return head === 'weights' ? product / length(w) : (scale * product) / (length(f) * length(w));
        }),
      );
      near(numbers(logits), products.flat());
      expect(model.classifier.bias === undefined).to.equal(head !== 'linear');
      const cosines = rowsOf(features).map((f) => weights.map((w) => dot(f, w) / (length(f) * length(w))));
      near(numbers(model.cosines(features)), cosines.flat());
    }
  });

  it('are read as their names in tables say', () => {
    const model = network('linear').eval();
    const answer = model.forward(x);
    const logits = rowsOf(answer.logits);
    const features = rowsOf(answer.features);
    const cosines = rowsOf(model.cosines(answer.features)).map((row) => Math.max(...row));
    const readings = READERS.cross_entropy(answer, model, { ...settings, ...choice, constants: [3] });
    const score = (name: string) => numbers(readings[name]!.score);
    const softmax = logits.map((row) => {
      const all = row.map((z) => Math.exp(z));
      return Math.max(...all) / all.reduce((sum, e) => sum + e, 0);
    });
    near(score('softmax'), softmax);
    near(
      score('max_logit'),
      logits.map((row) => Math.max(...row)),
    );
    near(
      score('max_cosine'),
      logits.map((row) => Math.max(...row) / Math.sqrt(dot(row, row) + 1e-6)),
    );
    near(score('max_norm of features'), features.map(length));
    near(score('max_cosine of features'), cosines);
    near(
      score('decoupled_max_logit, k = 3 of features'),
      features.map((f, i) => 3 * cosines[i]! + length(f)),
    );
    near(
      score('decoupled_max_logit, k = 3'),
      score('max_cosine').map((cosine, i) => 3 * cosine + score('max_norm')[i]!),
    );
    const probabilities = Object.keys(readings).filter((name) => readings[name]!.probabilities);
    expect(probabilities).to.deep.equal(['softmax']);
    expect(Math.max(...score('softmax'))).to.be.below(1);
  });

  it('distinguish confidences that float32 would round to 1', () => {
    const logits = tensor([
      [20, 0, 0],
      [25, 0, 0],
    ]);
    const { logit_norm_loss } = READERS.logit_norm({ logits, features: logits }, network('linear'), {
      ...settings,
      ...choice,
    });
    const [low, high] = numbers(logit_norm_loss!.score);
    expect(low).to.be.below(high!);
  });
});

describe('experiment ood: losses', () => {
  const features = tensor([
    [1, 2],
    [0, 3],
    [4, 1],
  ]);
  const logits = tensor([
    [2, 0, 1],
    [0, 1, 3],
    [1, 1, 5],
  ]);
  const labels = Int32Array.from([0, 1, 0]);
  const of = (name: keyof typeof OBJECTIVES, done = 0) =>
    (OBJECTIVES[name].loss(choice, () => done)({ features, logits }, labels) as Tensor).item();
  const mean = (losses: readonly number[]) => losses.reduce((sum, x) => sum + x, 0) / losses.length;
  const probability = (row: readonly number[], label: number) =>
    Math.exp(row[label]!) / row.reduce((sum, z) => sum + Math.exp(z), 0);

  it('divide logits by their length and the temperature, as in Wei et al.', () => {
    const losses = rowsOf(logits).map((row, i) => {
      const scaled = row.map((z) => z / (0.04 * length(row)));
      return -Math.log(probability(scaled, labels[i]!));
    });
    expect(of('logit_norm')).to.be.closeTo(mean(losses), 1e-4);
    expect(of('cross_entropy')).to.be.closeTo(crossEntropy(logits, labels).item(), 0);
    expect(of('band_logit_norm')).not.to.be.closeTo(of('logit_norm'), 0.1);
  });

  it('weight confident samples less in the focal loss, and all classes equally', () => {
    const losses = rowsOf(logits).map((row, i) => {
      const p = probability(row, labels[i]!);
      return -((1 - p) ** 2) * Math.log(p);
    });
    expect(of('focal')).to.be.closeTo(mean(losses), 1e-6);
  });

  it('pull features to moving class centers later in training', () => {
    let done = 0;
    const loss = OBJECTIVES.center.loss(choice, () => done);
    const entropy = crossEntropy(logits, labels).item();
    const step = () => (loss({ features, logits }, labels) as Tensor).item() - entropy;
    expect(step()).to.equal(0);
    // From 0, a step of ½ down the mean of squares: Σ f / 3 over the samples of a class.
    const first = [
      [5 / 3, 1],
      [0, 1],
    ] as const;
    const distance = (centers: readonly (readonly number[])[]) =>
      mean(
        rowsOf(features).map(([a, b], i) => {
          const [c, d] = centers[labels[i]!]!;
          return (a! - c!) ** 2 + (b! - d!) ** 2;
        }),
      );
    done = 0.3;
    expect(step()).to.be.closeTo(0.001 * distance(first), 1e-6);
    const second = [
      [5 / 3 + (5 - 10 / 3) / 3, 1 + (3 - 2) / 3],
      [0, 1 + 2 / 3],
    ];
    done = 0.4;
    expect(step()).to.be.closeTo(0.005 * distance(second), 1e-6);
  });
});
