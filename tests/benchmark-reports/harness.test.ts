import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { type Group, type Task, part } from './part.js';

interface Digest {
  readonly size: number;
  readonly rms: number;
  readonly sample: readonly number[];
}

const { difference } = await part<{
  difference(ours: readonly Digest[], theirs: readonly Digest[], tolerance: number): string | undefined;
}>('harness/agree.mjs');
const { compare } = await part<{
  compare(
    candidates: readonly { readonly name: string; run(times: number): number }[],
    setting: Readonly<Record<'rounds' | 'sample' | 'warm' | 'budget', number>>,
  ): Promise<Record<string, { readonly median: number; readonly spread: number; readonly rounds: number }>>;
}>('harness/compare.mjs');
const { USAGE, readOptions, strangers } = await part<{
  readonly USAGE: string;
  readOptions(args: readonly string[]): Readonly<Record<string, unknown>>;
  strangers(
    option: string,
    given: readonly string[] | undefined,
    known: readonly string[],
  ): string | undefined;
}>('harness/options.mjs');
const { hot, later, texts } = await part<{
  hot(classes: ArrayLike<number>, count: number): Float32Array;
  later(queries: number, keys: number, hidden?: number): Float32Array;
  texts(task: Readonly<Record<'batch' | 'context' | 'vocabulary', number>>): {
    readonly tokens: Int32Array;
    readonly labels: Int32Array;
  };
}>('harness/read.mjs');
const { trainedLoss } = await part<{
  trainedLoss(step: () => unknown, read: (loss: unknown) => unknown, now?: () => number): Promise<unknown[]>;
}>('harness/steps.mjs');
const { ofAttention, ofConvolution, ofProduct, ofStep } = await part<{
  ofProduct(...sizes: readonly number[]): number;
  ofStep(forward: number, given?: { readonly firstLayer?: number }): number;
  ofConvolution(kernel: readonly number[], output: readonly number[]): number;
  ofAttention(
    sizes: Readonly<Record<'batch' | 'heads' | 'queries' | 'keys' | 'width', number>> & {
      readonly causal: boolean;
    },
  ): number;
}>('operations.mjs');
const { GROUPS } = await part<{ readonly GROUPS: readonly Group<Task>[] }>('workloads.mjs');
const { OURS, oursWith } = await part<{
  readonly OURS: Readonly<Record<string, { readonly name: string }>>;
  oursWith(path: string): Readonly<Record<string, { readonly name: string; readonly command: string }>>;
}>('contenders.mjs');

describe('the harness of the benchmark', () => {
  it('measures each candidate, however many repetitions a sample takes', async () => {
    const taking = (name: string, nanoseconds: number) => ({
      name,
      run: (times: number) => times * nanoseconds,
    });
    const setting = { rounds: 5, sample: 1, warm: 2, budget: 1000 };
    const times = await compare([taking('a', 100), taking('b', 300), taking('slow', 4e8)], setting);
    expect(times['a']).to.deep.equal({ median: 100, spread: 0, rounds: 5 });
    expect(times['b']!.median / times['a']!.median).to.equal(3);
    // Rounds of 0.4 seconds for 1 second: two, but at least three.
    expect(times['slow']).to.deep.equal({ median: 4e8, spread: 0, rounds: 3 });
  });

  it('takes the median of samples, and the distance between their quartiles', async () => {
    const samples = [5, 1, 2, 100, 3, 4];
    let next = 0;
    const run = () => samples[next++ % samples.length]! * 1e6;
    const setting = { rounds: 5, sample: 1, warm: 5, budget: 1e6 };
    const { odd } = await compare([{ name: 'odd', run }], setting);
    // The first warms up; 1, 2, 3, 4 and 100 are left.
    expect(odd!.median).to.equal(3e6);
    expect(odd!.spread).to.be.closeTo(2 / 3, 1e-12);
  });

  it('finds results that differ from ours', () => {
    const digest = (...sample: readonly number[]): Digest => ({ size: sample.length, rms: 1, sample });
    expect(difference([digest(1, 2)], [digest(1, 2.01)], 0.1)).to.equal(undefined);
    expect(difference([digest(1, 2)], [digest(1, 2.01)], 1e-3)).to.equal('result 0 is 2.01 instead of 2');
    expect(difference([digest(1, 2)], [digest(1, NaN)], 0.1)).to.equal('result 0 is NaN instead of 2');
    expect(difference([digest(1, 2)], [digest(1)], 0.1)).to.equal('result 0 has 1 numbers instead of 2');
    // Tokens must be the same.
    expect(difference([digest(7, 8)], [digest(7, 8)], 0)).to.equal(undefined);
    expect(difference([digest(7, 8)], [digest(7, 9)], 0)).to.equal('result 0 is 9 instead of 8');
  });

  it('returns the loss after 20 steps, and refuses steps of more than 3 seconds', async () => {
    let [steps, clock] = [0, 0];
    const step = (milliseconds: (i: number) => number) => () => {
      clock += milliseconds(steps);
      return ++steps;
    };
    const run = (milliseconds: (i: number) => number) =>
      trainedLoss(
        step(milliseconds),
        (loss) => loss,
        () => clock,
      );
    // The first may compile.
    expect(await run((i) => (i === 0 ? 20_000 : 3000))).to.deep.equal([20]);
    [steps, clock] = [0, 0];
    const slow = await run(() => 4200).catch((error: unknown) => error);
    expect(String(slow)).to.equal('Error: a step takes 4.2 s, which is too long');
    expect(steps).to.equal(2);
    [steps, clock] = [0, 0];
    expect(String(await run(() => 45_000).catch(String))).to.include('a step takes 45.0 s');
    expect(steps).to.equal(1);
  });
});

describe('the inputs of the benchmark', () => {
  it('are texts whose labels are the characters that follow', () => {
    const { tokens, labels } = texts({ batch: 3, context: 5, vocabulary: 64 });
    expect(tokens).to.have.length(15);
    for (let row = 0; row < 3; row++)
      expect([...labels.subarray(5 * row, 5 * row + 4)]).to.deep.equal([
        ...tokens.subarray(5 * row + 1, 5 * row + 5),
      ]);
    expect(Math.max(...tokens)).to.be.below(64);
    expect(new Set(texts({ batch: 16, context: 64, vocabulary: 64 }).tokens).size).to.be.above(30);
  });

  it('are classes as rows of zeros and a one', () => {
    expect([...hot([2, 0], 3)]).to.deep.equal([0, 0, 1, 1, 0, 0]);
  });

  it('hide the keys behind each query, of which the last stands at the last key', () => {
    expect([...later(2, 2, -9)]).to.deep.equal([0, -9, 0, 0]);
    expect([...later(2, 3)]).to.deep.equal([0, 0, -Infinity, 0, 0, 0]);
  });
});

describe('the operations of the benchmark', () => {
  /** Counts two operations for every combination of these indices that counts. */
  const counted = (sizes: readonly number[], counts: (...at: readonly number[]) => boolean = () => true) => {
    let total = 0;
    const visit = (at: readonly number[]): void => {
      if (at.length === sizes.length) {
        if (counts(...at)) total += 2;
      } else for (let i = 0; i < sizes[at.length]!; i++) visit([...at, i]);
    };
    visit([]);
    return total;
  };

  it('are two for each multiply-add', () => {
    expect(ofProduct(2, 3, 5)).to.equal(counted([2, 3, 5]));
    // Output: samples, rows, columns, filters; each of 3×3 places and 4 channels.
    expect(ofConvolution([3, 3, 4], [2, 5, 6, 7])).to.equal(counted([2, 5, 6, 7, 3, 3, 4]));
    const sizes = { batch: 2, heads: 3, queries: 8, keys: 8, width: 4 };
    const pairs = counted([2, 3, 8, 8, 4]);
    expect(ofAttention({ ...sizes, causal: false })).to.equal(2 * pairs);
    // Half of the pairs, without half of the diagonal.
    const seen = counted([2, 3, 8, 8, 4], (_batch, _head, query, key) => key! <= query!);
    expect(ofAttention({ ...sizes, causal: true })).to.equal(2 * seen * (8 / 9));
  });

  it('of a step are those of the outputs, of the gradients of inputs and of those of weights', () => {
    expect(ofStep(10)).to.equal(30);
    // The inputs of the first layer have no gradients.
    expect(ofStep(10, { firstLayer: 4 })).to.equal(26);
  });

  const operations = (group: string, i: number): number =>
    GROUPS.find(({ name }) => name === group)!.tasks[i]!.operations!;
  /** The numbers of the weights whose name matches. */
  const weights = (group: string, i: number, name: RegExp): number =>
    Object.entries(GROUPS.find((each) => each.name === group)!.tasks[i]!.inputs!)
      .filter(([key]) => name.test(key))
      .reduce((sum, [, { shape }]) => sum + shape.reduce((all, size) => all * size, 1), 0);

  it('of a transformer are six for each weight and token, and those of attention', () => {
    const [small, large] = [
      { i: 0, tokens: 16 * 64, attention: 2 * 3 * 16 * 4 * 2 * 64 * 64 * 32 },
      { i: 1, tokens: 8 * 128, attention: 4 * 3 * 8 * 8 * 2 * 128 * 128 * 32 },
    ];
    for (const { i, tokens, attention } of [small!, large!]) {
      const dense = weights('transformers', i, /^(?!places)/);
      expect(operations('transformers', i)).to.equal(6 * tokens * dense + attention);
    }
  });

  it('of networks for images are six for each weight and place, but four of the first layer', () => {
    const places = 32 * 28 * 28;
    const [stem, blocks, head] = [/stem/, /first|second/, /head/].map((name) => weights('steps', 0, name));
    expect(operations('steps', 0)).to.equal(places * (4 * stem! + 6 * blocks!) + 6 * 32 * head!);
    const [smaller, first] = [32 * 14 * 14, weights('steps', 1, /depthwise0/)];
    const all = weights('steps', 1, /depthwise|up|down/);
    const last = weights('steps', 1, /head/);
    expect(operations('steps', 1)).to.equal(smaller * (6 * all - 2 * first) + 6 * 32 * last);
    const [wide, narrow] = [/first/, /second/].map((name) => weights('mlp', 0, name));
    expect(operations('mlp', 0)).to.equal(64 * (4 * wide! + 6 * narrow!));
  });
});

describe('the operations of the tasks', () => {
  const tasksOf = (name: string) => GROUPS.find((group) => group.name === name)!.tasks;
  const size = (shape: readonly number[]): number => shape.reduce((all, each) => all * each, 1);

  it('of convolutions are six for each output and each weight that it reads', () => {
    for (const { title, operations, inputs } of tasksOf('conv2d')) {
      const [output, [rows, columns, channels]] = [inputs!['g']!.shape, inputs!['kernel']!.shape];
      expect(operations, title).to.equal(6 * size(output) * rows! * columns! * channels!);
    }
    for (const { title, operations, inputs } of tasksOf('depthwise')) {
      const [output, [rows, columns]] = [inputs!['g']!.shape, inputs!['kernel']!.shape];
      expect(operations, title).to.equal(6 * size(output) * rows! * columns!);
    }
  });

  it('of attention are four for each number of a query and each key, and three times as many with gradients', () => {
    for (const { title, operations, inputs, pass } of tasksOf('attention')) {
      const keys = inputs!['key']!.shape[2]!;
      const forward = 4 * size(inputs!['query']!.shape) * keys * (title.includes('causal') ? 0.5 : 1);
      expect(operations, title).to.equal(pass === 'both' ? 3 * forward : forward);
    }
  });
});

describe('the command of the benchmark', () => {
  const bench = (...args: readonly string[]) =>
    spawnSync(process.execPath, ['tests/benchmarks/bench.mjs', ...args], { encoding: 'utf8' });

  it('prints how it is called', () => {
    const { status, stdout, stderr } = bench('--help');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(stdout).to.equal(`${USAGE}\n`);
    for (const option of ['quick', 'only', 'with', 'node', 'page', 'render'])
      expect(USAGE).to.include(option);
  });

  it('refuses unknown options, groups, contenders and Nodes, without a stack', () => {
    const cases = [
      { args: ['--fast'], reason: /^Unknown option '--fast'/ },
      { args: ['quick'], reason: /^Unexpected argument 'quick'/ },
      { args: ['--only'], reason: /--only <value>' argument missing/ },
      { args: ['--with', 'torch,numpy'], reason: /^--with takes js, .*; not numpy/ },
      { args: ['--node', '/nowhere/node'], reason: /^--node takes the path of a Node; not \/nowhere\/node/ },
    ];
    for (const { args, reason } of cases) {
      const { status, stdout, stderr } = bench(...args);
      expect({ status, stdout }, args.join(' ')).to.deep.equal({ status: 2, stdout: '' });
      expect(stderr)
        .to.match(reason)
        .and.to.include(USAGE)
        .and.not.to.match(/\n\s+at /);
    }
  });

  it('takes lists and several Nodes', () => {
    const { only, node, quick } = readOptions(['--only', 'mlp,steps', '--node', 'a', '--node', 'b']);
    expect({ only, node, quick }).to.deep.equal({ only: ['mlp', 'steps'], node: ['a', 'b'], quick: false });
    expect(strangers('--only', ['a', 'c'], ['a', 'b'])).to.equal('--only takes a, b; not c');
    expect(strangers('--only', undefined, ['a'])).to.equal(undefined);
  });

  it('names ours by the version of another Node', () => {
    const others = oursWith(process.execPath);
    expect(Object.keys(others)).to.deep.equal(Object.keys(OURS));
    expect(others['wasm']!.name).to.equal(`Normtape wasm, Node ${process.versions.node}`);
    expect(others['wasm']!.command).to.equal(process.execPath);
  });
});
