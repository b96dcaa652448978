import { expect } from 'chai';
import { kernelInfo, normalizationTypes } from '../../../src/index.js';
import { type Timing, interleaved } from '../../../src/cli/bench/clock.js';
import { excess, limited } from '../../../src/cli/bench/limits.js';
import { contendersAt } from '../../../src/cli/bench/passes.js';
import { ranked } from '../../../src/cli/bench/ranking.js';
import { type Shape, Random } from '../../../src/array/index.js';
import { layerNorm, powerNorm } from '../../../src/norms/catalog.js';
import { say } from '../support.js';

const QUICK = ['--elements', '64', '--rounds', '3', '--milliseconds', '1'];

interface Report {
  readonly kernels: string;
  readonly dtype: string;
  readonly widths: readonly number[];
  readonly norms: readonly {
    readonly type: string;
    readonly forward: readonly { readonly ratio: number; readonly quartiles: readonly [number, number] }[];
    readonly rank: number;
    readonly quartiles: readonly [number, number];
    readonly both: readonly { readonly ratio: number; readonly nanoseconds: number }[];
    readonly score: number;
  }[];
}

describe('normtape bench', function () {
  this.timeout(60_000);

  it('prints a ranking of the norms, and how it was measured', async () => {
    const before = kernelInfo().kernels;
    const args = ['bench', 'rms_norm', 'decoupled_max_logit', '--widths', '4,16', '--kernels', 'js'];
    const { code, out, err } = await say([...args, ...QUICK]);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(out).to.match(/normalization +│ +width 4 │ +width 16 │ in all/);
    expect(out).to.match(/│ 1 │ \w+ +│ +[\d.]+ \/ [\d.]+ │ +[\d.]+ \/ [\d.]+ │ +[\d.]+ │/);
    expect(out).to.match(
      /: 64 numbers in float32 in rows of each width, 32 rows per sample\.\n2 norms with the js kernels/,
    );
    expect(kernelInfo().kernels).to.equal(before);
  });

  it('prints the ranking of the whole catalog as JSON, the cheapest first', async () => {
    const { code, out } = await say(['bench', '--widths', '8', '--dtype', 'float64', ...QUICK, '--json']);
    expect(code).to.equal(0);
    const { dtype, widths, norms } = JSON.parse(out) as Report;
    expect({ dtype, widths, count: norms.length }).to.deep.equal({
      dtype: 'float64',
      widths: [8],
      count: normalizationTypes.length,
    });
    const scores = norms.map(({ score }) => score);
    expect(scores).to.deep.equal([...scores].sort((a, b) => a - b));
    expect(norms[0]!.rank).to.equal(1);
    for (const { both, forward, score, quartiles } of norms) {
      expect(score).to.be.within(...quartiles);
      expect(score).to.be.closeTo(both[0]!.ratio, 1e-9 * score);
      expect(both[0]!.nanoseconds).to.be.greaterThan(0);
      expect(forward[0]!.ratio).to.be.within(...forward[0]!.quartiles);
    }
  });

  it('rejects unknown norms and flags', async () => {
    expect((await say(['bench', 'layernorm', ...QUICK])).err).to.match(/Did you mean layer_norm\?$/);
    for (const wrong of [
      ['--rounds', '0'],
      ['--widths', '8,0'],
      ['--elements', 'many'],
      ['--dtype', 'float16'],
      ['--kernels', 'fast'],
    ]) {
      expect((await say(['bench', ...wrong])).code, wrong.join(' ')).to.equal(2);
    }
    for (const set of ['wasm', 'wasm-relaxed'] as const) {
      const { code } = await say(['bench', 'rms_norm', '--widths', '8', '--kernels', set, ...QUICK]);
      expect(code, set).to.equal(kernelInfo().available.includes(set) ? 0 : 1);
    }
  });

  it('stops when it is interrupted, and restores the kernels', async () => {
    const before = kernelInfo().kernels;
    const { code, out, err } = await say(['bench', '--kernels', 'js', ...QUICK], AbortSignal.abort());
    expect({ code, out }).to.deep.equal({ code: 130, out: '' });
    expect(err).to.match(/^Interrupted/);
    expect(kernelInfo().kernels).to.equal(before);
  });
});

describe('the ranking', () => {
  const at = (nanoseconds: number): Timing => ({ nanoseconds, samples: [nanoseconds] });

  it('measures time in copies of x, and scores by the geometric mean over the widths of forward and backward', () => {
    const widths = [
      { copy: at(2), 'a forward': at(4), 'a both': at(8), 'b forward': at(2), 'b both': at(2) },
      { copy: at(10), 'a forward': at(20), 'a both': at(90), 'b forward': at(10), 'b both': at(160) },
    ].map((timings) => new Map(Object.entries(timings)));
    const [first, second] = ranked(['a', 'b'], widths);
    expect(first!.type).to.equal('b');
    expect(first!.score).to.be.closeTo(4, 1e-12);
    expect(second!.score).to.be.closeTo(6, 1e-12);
    expect(second!.forward.map(({ ratio }) => ratio)).to.deep.equal([2, 2]);
    expect(second!.both.map(({ ratio }) => ratio)).to.deep.equal([4, 9]);
  });

  it('gives norms the same rank unless the rounds tell them apart, in any order of the norms', () => {
    const random = new Random(3);
    const noisy = (size: number): Timing => {
      const samples = Array.from({ length: 21 }, () => size * Math.exp(0.1 * random.normal()));
      return { nanoseconds: size, samples };
    };
    const sizes = { copy: 1, a: 4, b: 4.02, c: 8, d: 8.05 };
    const timings = Object.entries(sizes).flatMap(([name, size]): [string, Timing][] =>
      name === 'copy'
        ? [[name, noisy(size)]]
        : [
            [`${name} forward`, noisy(size / 2)],
            [`${name} both`, noisy(size)],
          ],
    );
    const ranks = (types: readonly string[]) =>
      Object.fromEntries(ranked(types, [new Map(timings)]).map(({ type, rank }) => [type, rank]));
    expect(ranks(['a', 'b', 'c', 'd'])).to.deep.equal({ a: 1, b: 1, c: 3, d: 3 });
    expect(ranks(['d', 'c', 'b', 'a'])).to.deep.equal({ a: 1, b: 1, c: 3, d: 3 });
  });

  it('divides times of the same round, so that load in some rounds changes nothing', () => {
    const samples = (factor: number): number[] => [1, 1, 50, 1, 50].map((load) => factor * load);
    const timing = (factor: number): Timing => ({ nanoseconds: factor, samples: samples(factor) });
    const [only] = ranked(
      ['a'],
      [
        new Map([
          ['copy', timing(2)],
          ['a forward', timing(4)],
          ['a both', timing(6)],
        ] as const),
      ],
    );
    expect(only!.score).to.be.closeTo(3, 1e-12);
    expect(only!.both[0]!.quartiles.map((x) => x.toFixed(6))).to.deep.equal(['3.000000', '3.000000']);
  });
});

describe('the clock', () => {
  const busy = (milliseconds: number) => (): void => {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  };

  it('times all contenders in every round, the slow ones once', () => {
    let runs = 0;
    const slow = busy(5);
    const contenders = [
      { name: 'quick', run: busy(0.1) },
      { name: 'slow', run: () => (runs++, slow()) },
    ];
    const steps = interleaved(contenders, { rounds: 5, milliseconds: 1, seed: 0 });
    const shares: number[] = [];
    let step = steps.next();
    for (; !step.done; step = steps.next()) shares.push(step.value);
    expect(shares).to.have.length(12);
    expect(shares.at(-1)).to.equal(1);
    const [quick, slower] = ['quick', 'slow'].map((name) => step.value.get(name)!);
    expect(quick!.nanoseconds).to.be.at.least(1e5);
    expect(slower!.nanoseconds).to.be.at.least(5e6);
    // One run to warm up, which lasts longer than four samples, and one per round.
    expect(runs).to.equal(1 + 5);
  });
});

describe('the limits', () => {
  const cost = { rank: 1, forward: [], both: [], quartiles: [1, 1] as const };
  const ranking = (layer: number, power: number) =>
    limited(
      [
        { ...cost, type: 'layer_norm', score: layer },
        { ...cost, type: 'power_norm', score: power },
      ],
      [layerNorm, powerNorm],
    );

  it('are three times layer_norm, and six for a stated reason', () => {
    const [layer, power] = ranking(2, 11);
    expect(layer).to.deep.include({ limit: 3, times: 1, exceeds: false });
    expect(layer).not.to.have.property('reason');
    expect(power).to.deep.include({ limit: 6, times: 5.5, exceeds: false });
    expect(power!.reason).to.equal(powerNorm.traits!.takesLonger);
    expect(excess(ranking(2, 11))).to.match(/^No norm takes more than its limit/);
  });

  it('name the norms that exceed theirs', () => {
    expect(excess(ranking(2, 13))).to.match(/ power_norm \(6\.5 of 6\)\.$/);
  });

  it('are not judged without layer_norm', () => {
    const [alone] = limited([{ ...cost, type: 'power_norm', score: 2 }], [powerNorm]);
    expect(alone).not.to.have.property('exceeds');
    expect(excess([alone!])).to.equal(undefined);
  });
});

describe('the shapes', () => {
  for (const rank of [2, 3, 4]) {
    it(`are of rank ${rank} for a norm that accepts no other`, () => {
      const accepts = (input: Shape) => input.length === rank || { expected: `rank ${rank}` };
      const picky = { ...layerNorm, accepts } as unknown as typeof layerNorm;
      const contenders = contendersAt([2, 32, 8], [picky], 'float32', 0, (_, error) => {
        throw error;
      });
      for (const { run } of contenders) run();
      expect(contenders.map(({ name }) => name)).to.deep.equal([
        'copy',
        'layer_norm forward',
        'layer_norm both',
      ]);
    });
  }
});
