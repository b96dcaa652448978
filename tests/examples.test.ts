import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { printed } from './support/printed.js';

/** The output that each example must print. */
const FACTS: Readonly<Record<string, (lines: readonly string[]) => void>> = {
  '01-quickstart.ts': (lines) =>
    expect(lines).to.deep.equal([
      'sum of squares: 14',
      'its gradient: [ 2, 4, 6 ]',
      'means: [ 0, 0 ]',
      'mean squares: [ 1, 1 ]',
      'gradient of gamma: [ -2.756, 0.894, 5.584, 0.671 ]',
      'gradient of beta: [ 2, -4, 6, 1 ]',
    ]),

  '02-training-loop.ts'(lines) {
    const losses = after('epoch', lines).map((line) => Number(line.split('loss ')[1]));
    expect(losses).to.have.length(5);
    expect(losses).to.deep.equal([...losses].sort((a, b) => b - a));
    expect(Number(after('test accuracy: ', lines)[0])).to.be.within(0.93, 1);
    expect(after('weights: ', lines)).to.deep.equal([
      'hidden.kernel, hidden.bias, norm.scale, output.kernel, output.bias',
    ]);
  },

  '03-configurable-model.ts'(lines) {
    const ranking = lines.map((line) => line.split(': '));
    const accuracies = ranking.map(([, accuracy]) => Number(accuracy));
    expect(ranking.map(([name]) => name)).to.have.members([
      'layer_norm',
      'rms_norm',
      'zero_centered_rms_norm',
      'band_rms',
      'global_response_norm',
      'dynamic_tanh',
    ]);
    expect(accuracies).to.deep.equal([...accuracies].sort((a, b) => b - a));
    for (const accuracy of accuracies) expect(accuracy).to.be.within(0.85, 1);
  },

  '04-block-factory.ts'(lines) {
    expect(lines[0]).to.equal('stable: 576 weights, offset 0.00, size 1.00');
    expect(lines[2]).to.match(/^fast: 544 weights, offset 0\.\d*[1-9]\d*, size 1\.00$/);
    expect(lines[4]).to.match(/^constrained: 545 weights, offset 0\.\d*[1-9]\d*, size 0\.95$/);
    expect(after('  of inputs 1000 times as large: size ', lines)).to.deep.equal(['1.00', '1.00', '0.95']);
    expect(lines.at(-1)).to.equal('stacked: [ 64, 8 ]');
  },

  '05-from-config.ts'(lines) {
    expect(lines.slice(0, 6)).to.deep.equal([
      'standard: layer_norm with gamma, beta',
      'fast: rms_norm with scale',
      'stable_llm: zero_centered_rms_norm with scale',
      'constrained: band_rms with band_param',
      'efficient: global_response_norm with gamma, beta',
      'normfree: dynamic_tanh with alpha, weight, bias',
    ]);
    expect(after('  epsilon: ', lines)).to.deep.equal(['0.000001,', '0.00001,']);
    expect(after('  useScale: ', lines)).to.deep.equal(['true,', 'false,']);
    expect(lines.slice(-2)).to.deep.equal(['batch_norm', 'true']);
  },

  '06-safe-creation.ts'(lines) {
    expect(lines[0]).to.match(/^band_rms: "max_band_with", but should be one of the options .*maxBandWidth/);
    expect(lines[1]).to.equal('band_rms.epsilon: -1, but should be a finite number above 0');
    expect(lines[2]).to.equal('band_rms.axis: "last", but should be an integer axis or a list of them');
    expect(lines[3]).to.match(/received "max_band_with"\. Did you mean maxBandWidth\?$/);
    expect(after('made instead: ', lines)).to.deep.equal(['layer_norm']);
    expect(after('  weights: ', lines)).to.deep.equal(['band_param']);
    expect(after('built: ', lines)).to.deep.equal(['false', 'true']);
    expect(lines.at(-1)).to.equal('parameters: 12, trainable: 12, statistics: 0');
  },

  '07-your-own-norm.ts': (lines) =>
    expect(lines).to.deep.equal([
      '1 norm more',
      "[ 'Did you mean epsilon?' ]",
      'gradients are right: true',
      'loss fell by more than half: true',
    ]),

  // A definition, which example 7 uses; it prints nothing.
  'my-norm.ts': (lines) => expect(lines).to.deep.equal([]),

  '08-migrating.ts': (lines) =>
    expect(lines).to.deep.equal([
      'layer_norm differs by less than 1e-6: true',
      'rms_norm differs by less than 1e-6: true',
      '[ 4, 8 ]',
      'carried over: 1,2,3,4,4,3,2,1 and dense.kernel, dense.bias',
      // The numbers of Keras' own test.
      'encoder_norm: -0.41386 0.29307 1.00000 1.70693 2.41386',
    ]),

  '09-a-dropped-term.ts': (lines) =>
    expect(lines).to.deep.equal([
      'dropped_term: 30 of 37 claims held',
      '  gradients: Every gradient agrees with finite differences of the output, relative to the largest gradient in its row.',
      '  formula: Outputs, statistics and all gradients equal those that the tape computes from the formula; approximate gradients equal their stated rule.',
      '  exact: Outputs and every gradient lie within the rounding errors of the formula, or of the rule for an approximate gradient, in exact arithmetic at every magnitude.',
      '  zeroRows: A group of zeros gives the shift exactly, and dx = (g − ḡ) / √ε, where g is the gradient of x̂.',
      '  alone: A group of one number gives the shift exactly, and its gradient is 0.',
      '  zeroSumGradient: dx sums to 0 over every group, since shifting x changes nothing.',
      '  blindToConstants: With its initial weights, a gradient that is constant over a group gives dx = 0: the sum of y does not depend on x.',
      '  the last of them seen at x = [0]',
      '  The gradient of input 0 is off by the same number all along a row: its sum over the row is -0.3905, not 0; was a mean not taken off?',
      'complete: 36 of 37 claims held',
      '  exact: Outputs and every gradient lie within the rounding errors of the formula, or of the rule for an approximate gradient, in exact arithmetic at every magnitude.',
      '  the last of them seen at x = [5.184284110198326e+154,-9.572477184577007e+152]',
      'scaled: all of 37 claims held',
    ]),

  '10-transformer.ts'(lines) {
    const losses = lines.slice(0, 3).map((line) => Number(line.split('loss ')[1]));
    expect(losses).to.deep.equal([...losses].sort((a, b) => b - a));
    expect(losses[2]).to.be.below(0.5);
    expect(lines.slice(3)).to.deep.equal(['by the sea shore, and he sells the she']);
  },

  '11-llm-variants.ts': (lines) =>
    expect(lines).to.deep.equal([
      'stable: 768 numbers, 12 heads, 7086464 weights, output 1 × 6 × 768',
      '  position 2 attends to 0, 1, 2',
      'fast: 768 numbers, 12 heads, 6193152 weights, output 1 × 6 × 768',
      '  position 2 attends to 0, 1, 2',
      'standard: 768 numbers, 12 heads, 7087872 weights, output 1 × 6 × 768',
      '  position 2 attends to 0, 1, 2',
      'sandwich: [ 1, 6, 96 ]',
    ]),

  '12-vision.ts'(lines) {
    const accuracies = lines.map((line) => line.split(': accuracy '));
    expect(accuracies.map(([name]) => name)).to.deep.equal([
      'with responses, as in the paper',
      'without responses',
    ]);
    for (const [, accuracy] of accuracies) expect(Number(accuracy)).to.be.within(0.8, 1);
  },

  '13-training-kit.ts'(lines) {
    const accuracies = after('epoch ', lines).map((line) => Number(line.split('accuracy ')[1]));
    const [best, third] = [after('best: ', lines), after('among the first three: ', lines)].map(([n]) =>
      Number(n),
    );
    expect(accuracies).to.have.length.within(4, 8);
    expect(best)
      .to.equal(Math.max(...accuracies))
      .and.within(0.93, 1);
    expect(third).to.be.within(best!, 1);
    expect(Number(after('calibration error: ', lines)[0])).to.be.within(0, 0.1);
    expect(lines.at(-1)).to.equal('from epoch 3 on, the same: true');
  },
};

const after = (prefix: string, lines: readonly string[]): readonly string[] =>
  lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));

describe('examples', () => {
  const files = readdirSync('examples').filter((file) => file.endsWith('.ts'));

  it('are all covered by this test', () => {
    expect(files).to.have.members(Object.keys(FACTS));
  });

  for (const file of files) {
    it(`${file} prints the expected output`, async function () {
      this.timeout(60_000);
      const lines = await printed(() => import(pathToFileURL(resolve('examples', file)).href));
      FACTS[file]?.(lines);
    });
  }
});
