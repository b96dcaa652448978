import { expect } from 'chai';
import { Command } from 'commander';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { declareExperiment } from '../../../src/cli/experiment/declare.js';
import type { Experiment } from '../../../src/cli/experiment/experiment.js';
import { demandNames } from '../../../src/cli/experiment/names.js';
import type { Terminal } from '../../../src/cli/terminal.js';
import { number } from '../../../src/option/index.js';
import { folder } from '../support.js';

const settings = {
  seeds: number(2, 'How often.', { min: 1, whole: true, explore: [1, 3] }),
  seed: number(1, 'The first.', { min: 0, whole: true, explore: [0, 3] }),
};

/** An experiment that sums seeds; a third of the way into a trial it calls `meanwhile`. */
const sums = (meanwhile: () => void, tuned: () => void): Experiment<typeof settings, number> => ({
  name: 'sums',
  about: 'Adds up.',
  norms: 'one or two',
  settings,
  full: { seeds: 5 },
  declare: (command) => void command.option('--shout', 'loudly'),
  plan({ settings: { seeds, seed }, norms = ['one'], flags }) {
    demandNames(norms, ['one', 'two']);
    const trials = norms.flatMap((name) =>
      Array.from({ length: seeds }, (_, i) => ({
        name,
        *run() {
          yield { share: 1 / 3, note: 'early' };
          meanwhile();
          yield { share: 2 / 3 };
          return name.length + seed + i;
        },
      })),
    );
    return {
      summary: `${trials.length} sums.`,
      tuning: flags['shout']
        ? [
            {
              name: 'tuning',
              *run() {
                yield { share: 1 };
                tuned();
              },
            },
          ]
        : [],
      trials,
      conclude: (results) => ({
        data: { results, shout: flags['shout'], total: undefined },
        tables: [{ columns: [{ title: 'sum' }], rows: results.map((sum) => ({ cells: [String(sum)] })) }],
        remarks: [`<${results.length}> done.`],
        names: ['sum'],
        sections: [
          {
            id: 'lines',
            title: 'Lines',
            figures: [
              {
                title: 'Sums',
                x: [0, 1],
                axis: 'step',
                format: 'plain',
                lines: [{ name: 'sum', values: [1, null] }],
              },
            ],
          },
        ],
      }),
    };
  },
});

describe('normtape experiment', () => {
  const out = folder();

  async function say(args: readonly string[], interruption?: AbortController) {
    const said: string[] = [];
    let code = -1;
    const terminal: Terminal = {
      print: (text) => void said.push(...[text].flat()),
      tell: (text) => void said.push(...[text].flat()),
      width: 100,
      screen: undefined,
      interrupted: (interruption ?? new AbortController()).signal,
    };
    const program = new Command('test').exitOverride();
    let trials = 0;
    const meanwhile = () => void (++trials === 2 && interruption?.abort());
    const order: string[] = [];
    const sum = sums(
      () => {
        order.push('trial');
        meanwhile();
      },
      () => void order.push('tuned'),
    );
    declareExperiment(program, sum, terminal, (ended) => void (code = ended));
    await program.parseAsync(['sums', '--out', out, ...args], { from: 'user' });
    return { code, out: said.join('\n'), order };
  }
  const read = (...path: readonly string[]) => readFileSync(join(out, ...path), 'utf8');

  it('prints a summary and the findings, and writes both files', async () => {
    const { code, out: said } = await say(['--name', 'plain']);
    expect(code).to.equal(0);
    expect(said).to.match(
      /^2 sums\.\n┌[^]*│ +4 │[^]*│ +5 │[^]*<2> done\.\nTook 1 s\. Report: file:.*report\.html$/,
    );
    expect(readdirSync(join(out, 'plain')).sort()).to.deep.equal(['report.html', 'results.json']);
    const page = read('plain', 'report.html');
    expect(page)
      .to.include('<p class="warning">&#60;2&#62; done.</p>')
      .and.to.include('<dt>seeds</dt><dd>2</dd>');
    expect(page).to.include('"section":"lines"');
    expect(page).not.to.match(/https?:|src=/i);
  });

  it('prints only JSON with --json, with every field', async () => {
    const { out: said } = await say([
      '--name',
      'json',
      '--json',
      '--norms',
      'two, one',
      '--seeds',
      '1',
      '--shout',
    ]);
    expect(said).to.equal(read('json', 'results.json').trimEnd());
    const whole = JSON.parse(said) as Record<string, unknown>;
    expect(Object.keys(whole).slice(0, 7)).to.deep.equal([
      'experiment',
      'created',
      'versions',
      'interrupted',
      'seconds',
      'full',
      'settings',
    ]);
    expect(whole).to.deep.include({ experiment: 'sums', interrupted: false, full: false, shout: true });
    expect(whole).to.deep.include({ results: [4, 4], total: null, settings: { seeds: 1, seed: 1 } });
  });

  it('runs tuning before the trials, and counts none of it as a result', async () => {
    const { out: said, order } = await say(['--json', '--shout']);
    expect(order).to.deep.equal(['tuned', 'trial', 'trial']);
    expect((JSON.parse(said) as { results: unknown }).results).to.deep.equal([4, 5]);
  });

  it('uses the larger settings of --full, unless a flag states another', async () => {
    const settingsOf = async (...flags: readonly string[]) =>
      (JSON.parse((await say(['--json', ...flags])).out) as { settings: unknown }).settings;
    expect(await settingsOf('--full')).to.deep.equal({ seeds: 5, seed: 1 });
    expect(await settingsOf('--full', '--seeds', '3')).to.deep.equal({ seeds: 3, seed: 1 });
  });

  it('saves finished trainings when it is interrupted', async () => {
    const { code, out: said } = await say(['--name', 'stopped'], new AbortController());
    expect(code).to.equal(130);
    expect(said).to.include('Interrupted after 1 finished training.').and.to.include('<1> done.');
    expect(JSON.parse(read('stopped', 'results.json'))).to.deep.include({ interrupted: true, results: [4] });
    expect(read('stopped', 'report.html')).to.include('Interrupted: only finished trainings');
  });

  it('leaves no folder when it is interrupted before a training has finished', async () => {
    const interruption = new AbortController();
    interruption.abort();
    const { code, out: said } = await say(['--name', 'early'], interruption);
    expect({ code, said }).to.deep.equal({
      code: 130,
      said: '2 sums.\nInterrupted after 0 finished trainings.',
    });
    expect(readdirSync(out)).not.to.include('early');
  });

  it('rejects wrong names and settings before it makes a folder', async () => {
    for (const [flags, message] of [
      [['--norms', 'tow'], '--norms: expected one of one, two, received "tow". Did you mean two?'],
      [['--norms', 'one,one'], '--norms: expected each name once, received "one".'],
      [['--seeds', '0'], 'sums.seeds: expected a whole number from 1, received 0.'],
    ] as const) {
      const refusal = await say([...flags, '--name', 'never']).catch((error: Error) => error.message);
      expect(refusal).to.equal(message);
      expect(readdirSync(out)).not.to.include('never');
    }
  });
});
