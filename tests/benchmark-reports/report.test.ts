import { expect } from 'chai';
import fc from 'fast-check';
import { type Group, type Task, type Time, type Timed, cells, part, timed } from './part.js';

interface Gate {
  readonly kind: string;
  readonly titles: readonly string[];
  readonly of: string;
  readonly most?: number;
  readonly least?: number;
  readonly beside: string;
}

interface Judgement {
  readonly ratios: readonly { readonly title: string; readonly ratio: number }[];
  readonly measured: number;
  readonly met: boolean;
}

interface Held {
  readonly title: string;
  readonly counts: readonly Readonly<Record<'steps' | 'bytes' | 'arrays' | 'rss' | 'heapUsed', number>>[];
}

const { GATES, judged } = await part<{
  readonly GATES: readonly Gate[];
  judged(gate: Gate, groups: readonly Group[]): Judgement;
}>('report/gates.mjs');
const { gateTable, groupTables, heldTable } = await part<{
  gateTable(run: {
    readonly groups: readonly Group[];
    readonly ranking?: object;
    readonly held?: readonly Held[];
  }): string;
  groupTables(group: Group, order: readonly string[]): string;
  heldTable(held: readonly Held[]): string;
}>('report/tables.mjs');
const { computingTable, copyingTable, peaks, roofline } = await part<{
  peaks(groups: readonly Group[]):
    | {
        readonly machine: { readonly name: string; readonly rate: number };
        readonly own: { readonly title: string; readonly rate: number };
      }
    | undefined;
  computingTable(groups: readonly Group[]): string | undefined;
  copyingTable(groups: readonly Group[]): string | undefined;
  roofline(groups: readonly Group[]): string | undefined;
}>('report/roofline.mjs');
const { page } = await part<{ page(run: object): string }>('report/page.mjs');
const { GROUPS, WATCHED } = await part<{
  readonly GROUPS: readonly Group<Task>[];
  readonly WATCHED: readonly Task[];
}>('workloads.mjs');
const { CONTENDERS } = await part<{ readonly CONTENDERS: Readonly<Record<string, { name: string }>> }>(
  'contenders.mjs',
);

const [WASM, RELAXED, TORCH, JAX] = ['Normtape wasm', 'Normtape relaxed', 'PyTorch', 'jax-js'];
const tasks = GROUPS.flatMap((group) => group.tasks);

describe('the tables of the benchmark', () => {
  const order = ['Normtape js', WASM, TORCH];
  const group = (...list: readonly Timed[]): Group => ({ name: 'gelu', tasks: list });

  it('state the time of each contender in times of ours', () => {
    const table = groupTables(
      group(
        timed({ kind: 'gelu', title: 'a' }, { [WASM]: 2e6, [TORCH]: 1e6, 'Normtape js': 9e6 }),
        timed({ kind: 'gelu', title: 'b' }, { [WASM]: 50, [TORCH]: 1e3 }),
      ),
      order,
    );
    expect(cells(table)).to.deep.equal({
      'Normtape js': { a: '4.5', b: '' },
      [WASM]: { a: '2.00 ms', b: '50.0 ns' },
      [TORCH]: { a: '0.50', b: '20' },
    });
  });

  it('state times where ours was not measured', () => {
    const table = groupTables(group(timed({ kind: 'gelu', title: 'a' }, { [TORCH]: 1e9 })), order);
    expect(cells(table)).to.deep.equal({ [TORCH]: { a: '1.00 s' } });
  });

  it('state half of a large distance between quartiles', () => {
    const noisy = timed({ kind: 'gelu', title: 'a' }, { [WASM]: 2e3, [TORCH]: 1e3 }, 0.4);
    expect(cells(groupTables(group(noisy), order))[TORCH]!['a']).to.equal('0.50 ± 20 %');
    const calm = timed({ kind: 'gelu', title: 'a' }, { [WASM]: 2e3, [TORCH]: 1e3 }, 0.1);
    expect(cells(groupTables(group(calm), order))[TORCH]!['a']).to.equal('0.50');
  });

  it('state rates: GFLOP/s of products, and tokens per second', () => {
    const product = timed({ kind: 'matmul', title: 'a', operations: 2e9 }, { [WASM]: 1e8, [TORCH]: 2e7 });
    const rates = cells(groupTables({ name: 'matmul', tasks: [product] }, order));
    expect(rates[`${TORCH}, GFLOP/s`]!['a']).to.equal('100');
    expect(rates[`${WASM}, GFLOP/s`]!['a']).to.equal('20.0');
    const generation = timed({ kind: 'generate', title: 'a', operations: 250 }, { [WASM]: 0.5e9 });
    const tokens = cells(groupTables({ name: 'tokens', tasks: [generation] }, order));
    expect(tokens[`${WASM}, tokens per second`]!['a']).to.equal('500');
  });
});

describe('the limits of the benchmark', () => {
  const time = fc.double({ min: 1, max: 1e9, noNaN: true });
  const named = (median: number): Time => ({ median, spread: 0 });

  it('compare the ratio of two contenders in every task that both were measured in', () => {
    const limit = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(time, time), { minLength: 1, maxLength: 4 }), limit, (pairs, bound) => {
        const list = pairs.map(([a, b], i) => ({
          kind: 'k',
          title: `${i}`,
          times: { A: named(a), B: named(b) },
        }));
        const titles = list.map(({ title }) => title);
        const gate = { kind: 'k', titles, of: 'A', beside: 'B' };
        const groups = [{ name: 'g', tasks: list }];
        const most = judged({ ...gate, most: bound }, groups);
        expect(most.ratios.map(({ ratio }) => ratio)).to.deep.equal(pairs.map(([a, b]) => a / b));
        expect(most.met).to.equal(pairs.every(([a, b]) => a / b <= bound));
        const least = judged({ ...gate, least: bound }, groups);
        expect(least.met).to.equal(pairs.every(([a, b]) => 1 / (a / b) >= bound));
        expect(least.measured).to.equal(pairs.length);
      }),
    );
  });

  it('are not measured without both contenders, and never take a task of another kind', () => {
    const gate = { kind: 'k', titles: ['t'], of: 'A', most: 1, beside: 'B' };
    const absent = [{ name: 'g', tasks: [{ kind: 'k', title: 't', times: { A: named(1) } }] }];
    expect(judged(gate, absent).measured).to.equal(0);
    const other = [{ name: 'g', tasks: [{ kind: 'l', title: 't', times: { A: named(1), B: named(1) } }] }];
    expect(judged(gate, other).measured).to.equal(0);
  });

  it('name tasks and contenders that exist', () => {
    const names = Object.values(CONTENDERS).map(({ name }) => name);
    for (const { kind, titles, of, beside } of GATES) {
      expect(titles).not.to.be.empty;
      for (const title of titles)
        expect(
          tasks.some((task) => task.kind === kind && task.title === title),
          `${kind} ${title}`,
        ).to.equal(true);
      expect(names).to.include.members([of, beside]);
    }
  });

  it('are those of training steps that the project set itself', () => {
    const most = (kind: string, of: string, beside: string) =>
      GATES.flatMap((gate) =>
        gate.kind === kind && gate.of === of && gate.beside === beside && gate.most ? [gate.most] : [],
      );
    const wanted = {
      mlp: [1.2, 1],
      resnet: [2.5, 2],
      convnext: [2.5, 2],
      transformer: [1.6, 1.3],
    };
    for (const [kind, [plain, relaxed]] of Object.entries(wanted)) {
      expect(most(kind, WASM, TORCH), kind).to.deep.equal([plain]);
      expect(most(kind, RELAXED, TORCH), kind).to.deep.equal([relaxed]);
      expect(most(kind, WASM, JAX), kind).to.deep.equal([0.4]);
      const tensorflow = GATES.filter(
        (gate) => gate.kind === kind && gate.of === WASM && gate.beside.startsWith('TensorFlow.js'),
      );
      expect(tensorflow, kind).to.have.length(1);
      const [limit] = tensorflow;
      expect(limit!.most ?? 1 / limit!.least!, kind).to.be.at.most(0.1);
    }
    const products = GATES.find(({ of, beside }) => of === RELAXED && beside === WASM)!;
    expect(products).to.include({ kind: 'matmul', least: 1.25 });
    expect(products.titles).to.deep.equal(['256×256×256', '512×768×768', '1024×1024×1024']);
  });

  it('are printed as met or not, with the ratios', () => {
    const transformers = tasks.filter(({ kind }) => kind === 'transformer');
    const row = (...ours: readonly number[]) => {
      const list = transformers
        .slice(0, ours.length)
        .map((task, i) => timed(task, { [WASM]: ours[i]!, [TORCH]: 100 }));
      const table = cells(gateTable({ groups: [{ name: 'transformers', tasks: list }] }));
      return table[`transformer: ${WASM} ≤ 1.6 × the time of ${TORCH}`]!;
    };
    expect(row(160, 120)).to.deep.equal({
      measured: '1.6 (2 blocks of 128), 1.2 (4 blocks of 256)',
      result: 'met',
    });
    expect(row(120, 161)['result']).to.equal('not met');
    expect(row()).to.deep.equal({ measured: '', result: 'not measured' });
  });

  it('hold each norm to its own, at the width of the limit', () => {
    const norm = (type: string, limit: number, narrow: number, wide: number) => ({
      type,
      limit,
      both: [narrow, wide].map((time) => ({ ratio: time })),
    });
    const row = (...others: readonly object[]) => {
      const norms = [norm('layer_norm', 3, 1, 2), ...others];
      const table = cells(gateTable({ groups: [], ranking: { widths: [64, 768], norms } }));
      return table[
        'every norm: at most its limit times the time of layer_norm, forward + backward, 512×768'
      ]!;
    };
    expect(row(norm('slow', 6, 1, 11), norm('fast', 3, 90, 4))).to.deep.equal({
      measured: '5.5 of 6 (slow)',
      result: 'met',
    });
    expect(row(norm('slow', 6, 1, 11), norm('fast', 3, 1, 7))).to.deep.equal({
      measured: '3.5 of 3 (fast)',
      result: 'not met',
    });
  });
});

describe('the memory in the benchmark', () => {
  const after = (steps: number, bytes: number) => ({
    steps,
    bytes,
    arrays: 3,
    rss: 2 ** 21,
    heapUsed: 2 ** 20,
  });
  const held = [
    { title: 'one, Adam', counts: [after(100, 5000), after(10_000, 5000)] },
    { title: 'other, Adam', counts: [after(100, 7000), after(1000, 6000), after(10_000, 7001)] },
  ];

  it('is watched for every training step', () => {
    const trained = ['mlp', 'resnet', 'convnext', 'transformer', 'transformer'];
    expect(WATCHED.map(({ kind }) => kind)).to.deep.equal(trained);
    for (const { title, batch, inputs } of WATCHED) {
      expect(title).to.include('batch 2');
      expect(batch).to.equal(2);
      if (inputs!['x']) expect(inputs!['x'].shape[0]).to.equal(2);
    }
  });

  it('may not grow with the steps of any model', () => {
    const names = WATCHED.map(({ title }) => title.split(',')[0]);
    expect(new Set(names).size).to.equal(names.length);
    const table = cells(gateTable({ groups: [], held }));
    const row = (model: string) => table[`memory, ${model}: no more bytes after 10,000 steps than after 100`];
    expect(row('one')).to.deep.equal({ measured: '5,000, 5,000', result: 'met' });
    expect(row('other')).to.deep.equal({ measured: '7,001, 7,000', result: 'not met' });
  });

  it('is listed by model', () => {
    const table = heldTable(held).split('\n');
    expect(table).to.have.length(2 + 5);
    expect(table[2]).to.equal('| one, Adam | 100 | 5,000 | 3 | 1.00 MiB | 2.00 MiB |');
    expect(table[3]).to.equal('|  | 10,000 | 5,000 | 3 | 1.00 MiB | 2.00 MiB |');
  });
});

describe('the share of the machine in the benchmark', () => {
  const product = (title: string, operations: number, medians: Readonly<Record<string, number>>) =>
    timed({ kind: 'matmul', title, operations }, medians);
  const matmul = {
    name: 'matmul',
    tasks: [
      product('256×256×256', 100, { [WASM]: 2, [TORCH]: 1 }),
      product('1024×1024×1024', 8000, { [WASM]: 200, [RELAXED]: 160, [TORCH]: 80 }),
    ],
  };
  const steps = {
    name: 'steps',
    tasks: [
      timed({ kind: 'resnet', title: 'ResNet', operations: 250 }, { [WASM]: 10, [TORCH]: 5 }),
      timed({ kind: 'convnext', title: 'ConvNeXt', operations: 250 }, { [TORCH]: 5 }),
    ],
  };

  it('is relative to the fastest product of 1024×1024 matrices, and to our fastest of any size', () => {
    expect(peaks([steps, matmul])).to.deep.equal({
      machine: { name: TORCH, rate: 100 },
      own: { title: '256×256×256', rate: 50 },
    });
    const table = cells(computingTable([steps, matmul])!);
    expect(table['matmul: 256×256×256']).to.deep.equal({
      'GFLOP/s': '50.0',
      'of the peak': '50 %',
      'of our best product': '100 %',
    });
    expect(table['steps: ResNet']).to.deep.equal({
      'GFLOP/s': '25.0',
      'of the peak': '25 %',
      'of our best product': '50 %',
    });
    expect(Object.keys(table)).to.have.length(3);
    const text = roofline([steps, matmul])!;
    expect(text).to.match(/100 GFLOP\/s, by\s+PyTorch/);
    expect(text).to.match(/50\.0 GFLOP\/s\s+\(256×256×256\)/);
  });

  it('is left out if there is no peak in the same run', () => {
    expect(peaks([steps])).to.equal(undefined);
    expect(computingTable([steps])).to.equal(undefined);
    expect(roofline([steps])).to.equal(undefined);
  });

  it('of memory is relative to copies of as many bytes', () => {
    const norm = { kind: 'layer_norm', elements: 1000 };
    const group = {
      name: 'layer_norm',
      tasks: [
        timed({ ...norm, title: 'a, forward', pass: 'forward' }, { [WASM]: 800, memcpy: 200 }),
        timed({ ...norm, title: 'a, both', pass: 'both' }, { [WASM]: 1600, memcpy: 800 }),
        timed({ ...norm, title: 'b, both', pass: 'both' }, { [WASM]: 1600 }),
      ],
    };
    expect(cells(copyingTable([group])!)).to.deep.equal({
      'layer_norm: a, forward': { 'GB/s': '10.0', 'memcpy, GB/s': '40.0', 'of memcpy': '25 %' },
      'layer_norm: a, both': { 'GB/s': '10.0', 'memcpy, GB/s': '20.0', 'of memcpy': '50 %' },
    });
    expect(copyingTable([matmul])).to.equal(undefined);
  });
});

describe('the page of the benchmark', () => {
  it('describes every group, and lists what was left out', () => {
    const groups = GROUPS.map(({ name, tasks }) => ({
      name,
      tasks: tasks.map((task) => timed(task, { [WASM]: 1000, [TORCH]: 500, memcpy: 100 })),
    }));
    const text = page({
      ...{ quick: false, machine: 'm', versions: ['v 1'], left: ['x is left out: y'], groups },
      order: Object.values(CONTENDERS).map(({ name }) => name),
    });
    expect(text).not.to.match(/undefined|NaN|Infinity/);
    expect(text).to.include('- v 1').and.to.include('- x is left out: y');
    for (const { name } of GROUPS) expect(text).to.include(`\n## ${name}\n`);
  });
});
