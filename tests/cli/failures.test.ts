import { expect } from 'chai';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Results } from '../../src/cli/sweep/results.js';
import { folder, say } from './support.js';

const SOURCE = pathToFileURL(resolve('src/index.ts')).href;

describe('a norm that fails among others', function () {
  this.timeout(60_000);
  const out = folder();
  const file = (name: string, text: string): string => {
    const path = join(out, name);
    writeFileSync(path, text);
    return path;
  };
  /** The source of a norm that throws after this many calls. */
  const thrower = (name: string, calls: number): string =>
    file(
      `${name}.mjs`,
      `import { norms } from ${JSON.stringify(SOURCE)};
       const { rms_norm: base } = norms;
       let calls = 0;
       export const thrower = { ...base, type: '${name}', apply(...given) {
         if (++calls > ${calls}) throw new TypeError('lost its way');
         return base.apply(...given);
       } };`,
    );
  const flags = [
    ...['sweep', '--out', out, '--data', 'moons', '--hidden', '64', '--epochs', '1', '--seeds', '3'],
    ...['--learning-rate', '0.01', '--quiet'],
  ];
  const sweep = (...more: readonly string[]) => say([...flags, ...more]);
  const results = (name: string) =>
    JSON.parse(readFileSync(join(out, name, 'results.json'), 'utf8')) as Results;
  const five = { type: 'group_norm', groups: 5 };
  const broken = file('broken.json', JSON.stringify({ five, plain: { type: 'rms_norm' } }));
  const FIVE = 'five failed in building: group_norm.groups: expected a divisor of 64 features, received 5.';

  it('in building is reported first, and the others are trained', async () => {
    const { code, out: said, err } = await sweep('--config', broken, '--name', 'built');
    expect({ code, err }).to.deep.equal({ code: 1, err: FIVE });
    expect(said)
      .to.include(FIVE)
      .and.match(/│ plain /);
    const { failures, ranking, runs } = results('built');
    expect(failures.map(({ name, when }) => [name, when])).to.deep.equal([['five', 'building']]);
    expect(ranking.map(({ variant }) => variant).sort()).to.deep.equal(['none', 'plain']);
    expect(runs.length).to.equal(6);
    expect(readFileSync(join(out, 'built', 'report.html'), 'utf8')).to.include('five failed in building');
  });

  it('in building is an error if nothing is left to train or to compare with', async () => {
    const alone = file('alone.json', JSON.stringify({ five }));
    for (const [more, message] of [
      [
        ['--norms', thrower('never_norm', 0)],
        /^never_norm: expected a norm that can be built, received ".*way"/,
      ],
      [
        ['--config', alone, '--baseline', 'five'],
        /^five: expected a baseline that can be built, received "group_/,
      ],
    ] as const) {
      const { code, out: said, err } = await sweep(...more, '--name', 'never');
      expect({ code, said }).to.deep.equal({ code: 1, said: '' });
      expect(err).to.match(message);
      expect(existsSync(join(out, 'never'))).to.equal(false);
    }
  });

  it('in training keeps its finished trainings, and the others go on', async () => {
    const late = thrower('late_norm', 35);
    const { code, out: said, err } = await sweep('--norms', `none,rms_norm,${late}`, '--name', 'trained');
    expect(code).to.equal(1);
    expect(err).to.equal('late_norm failed in training: TypeError: lost its way');
    expect(said)
      .to.include(err)
      .and.match(/│ rms_norm /);
    const { failures, runs } = results('trained');
    expect(failures.map(({ when }) => when)).to.deep.equal(['training']);
    const count = (variant: string) => runs.filter((run) => run.variant === variant).length;
    expect([count('none'), count('rms_norm')]).to.deep.equal([3, 3]);
    expect(count('late_norm')).to.be.within(1, 2);
  });

  it('is listed by compare', async () => {
    await sweep('--norms', 'none,rms_norm', '--name', 'sound');
    const { code, out: said } = await say(['compare', 'sound', 'trained', '--out', out]);
    expect(code).to.equal(0);
    expect(said).to.match(/\nNot compared: late_norm, which failed in B\.$/);
    const { out: other } = await say(['compare', 'sound', 'built', '--out', out]);
    expect(other).to.include('Not compared: rms_norm, which is in A only.');
    expect(other).to.include('Not compared: plain, which is in B only.');
  });

  it('in bench is left out of the ranking', async () => {
    const quick = ['--widths', '8', '--elements', '64', '--rounds', '3', '--milliseconds', '1', '--json'];
    const both = [thrower('first_norm', 0), thrower('timed_norm', 5)];
    const { code, out: said, err } = await say(['bench', 'rms_norm', ...both, ...quick]);
    expect(code).to.equal(1);
    expect(err.split('\n')).to.have.members([
      'first_norm failed in timing: TypeError: lost its way',
      'timed_norm failed in timing: TypeError: lost its way',
    ]);
    const { norms, failures } = JSON.parse(said) as { norms: { type: string }[]; failures: unknown[] };
    expect(norms.map(({ type }) => type)).to.deep.equal(['rms_norm']);
    expect(failures.length).to.equal(2);
  });

  it('in an experiment is left out of the findings', async () => {
    const tiny = [
      '--seeds',
      '1',
      '--steps',
      '2',
      '--hidden',
      '8',
      '--heads',
      '1',
      '--context',
      '8',
      '--quiet',
    ];
    const norms = ['rms_norm', thrower('early_norm', 0), thrower('learned_norm', 30)].join(',');
    const rates = ['--learning-rates', '0.01', '--layers', '1'];
    const args = [
      'experiment',
      'language',
      ...tiny,
      ...rates,
      '--norms',
      norms,
      '--out',
      out,
      '--name',
      'moby',
    ];
    const { code, out: said } = await say(args);
    expect(code).to.equal(1);
    expect(said).to.include('early_norm failed in building: TypeError: lost its way');
    const { failures, runs } = JSON.parse(readFileSync(join(out, 'moby', 'results.json'), 'utf8')) as {
      failures: { name: string; when: string }[];
      runs: { variant: string }[];
    };
    expect(failures.map(({ name, when }) => [name, when])).to.deep.equal([
      ['early_norm', 'building'],
      ['learned_norm', 'training'],
    ]);
    expect(runs.map(({ variant }) => variant)).to.deep.equal(['rms_norm']);
  });
});

describe('huge values', () => {
  const out = folder();
  const many = Array.from({ length: 20_000 }, (_, i) => i + 1).join();
  for (const [args, code, message] of [
    ['sweep --seeds 1e8', 1, /^sweep: expected results of at most 5000000 numbers/],
    ['sweep --epochs 1e12', 1, /^sweep: expected results of at most/],
    ['sweep --tuning-seeds 1e9', 1, /^sweep: expected results of at most/],
    [`sweep --learning-rates ${many}`, 1, /^sweep: expected results of at most/],
    [
      'sweep --hidden 100000,100000',
      1,
      /^sweep: expected a network and a step of it in the .* GB of available memory/,
    ],
    [`sweep --hidden ${many}`, 1, /^sweep.hidden: expected at most 1000 hidden layers, received 20000/],
    ['bench --rounds 1e12', 2, /from 1 to 10000\.$/],
    ['bench --elements 1e12', 2, /from 1 to 268435456\.$/],
    ['bench --milliseconds 1e9', 2, /from 1 to 60000\.$/],
    ['gradcheck rms_norm --shape 100000,100000', 1, /fewer than 2³¹ elements/],
    ['experiment language --seeds 1e9', 1, /^language: expected results of at most/],
    ['experiment language --steps 1e12', 1, /^language: expected at most 67108864 stretches/],
    ['experiment language --hidden 1e6', 1, /^language: expected a model and a step of it in the/],
    ['experiment vision --epochs 1e12', 1, /^vision: expected results of at most/],
    ['experiment vision --width 1e6', 1, /^vision: expected a network in the/],
    ['experiment ood --seeds 1e9', 1, /^ood: expected results of at most/],
    ['experiment ood --width 1e6', 1, /^ood: expected all images, scores and a network in the/],
  ] as const) {
    it(`are rejected before any work: ${args.slice(0, 50)}`, async () => {
      const place = args.startsWith('bench') || args.startsWith('grad') ? [] : ['--out', join(out, 'never')];
      const said = await say([...args.split(' '), ...place]);
      expect({ code: said.code, out: said.out }).to.deep.equal({ code, out: '' });
      expect(said.err).to.match(message);
      expect(existsSync(join(out, 'never'))).to.equal(false);
    });
  }

  it('for the batch size make one batch', async () => {
    const args = 'sweep --data moons --norms none --batch-size 1e9 --epochs 1 --seeds 1 --learning-rate 0.01';
    expect((await say([...args.split(' '), '--out', out])).code).to.equal(0);
  });
});
