import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtInTypes } from '../../../src/norms/built-in.js';
import { folder, say } from '../support.js';

const SOURCE = pathToFileURL(resolve('src/index.ts')).href;

/** A definition of y = x / 2 whose gradient is multiplied by a factor. */
const half = (factor: number): string => `
import { array, norm } from ${JSON.stringify(SOURCE)};
export const somethingElse = 1;
export const half = norm({
  type: 'half', title: 'Half', about: 'Halves.', useCase: 'A test.', formula: 'y = x / 2',
  reference: { authors: '', title: '', year: 2025, url: '' },
  options: {}, parameters: {},
  apply: (x) => ({ value: array.scale(x, 0.5), pullback: (g) => ({ x: array.scale(g, ${factor}) }) }),
  example: { x: [1, 2], parameters: {}, y: [0.5, 1] },
  invariants: {},
});
`;

describe('normtape verify', function () {
  this.timeout(60_000);
  const path = folder();
  const file = (name: string, text: string): string => {
    const at = join(path, name);
    writeFileSync(at, text);
    return at;
  };

  it('prints a row for each type, and exits with code 0', async () => {
    const { code, out, err } = await say([
      'verify',
      'rms_norm',
      'max_logit_norm',
      '--runs',
      '5',
      '--seed',
      '3',
    ]);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(out).to.match(/rms_norm +│ +38 │ +\d+ │ +\d+ % │ held/);
    expect(out).to.match(/2 norms, 5 runs of every kind of claim, seed 3: no claim was broken, in \d+ s\.$/);
  });

  it('prints the reports as JSON', async () => {
    const { code, out } = await say([
      'verify',
      'rms_norm',
      '--runs',
      '3',
      '--only',
      'keepsShape, finite',
      '--dtype',
      'float32',
      '--json',
    ]);
    const report = JSON.parse(out) as {
      ok: boolean;
      reports: { claims: { name: string; trials: number }[] }[];
    };
    expect(code).to.equal(0);
    expect(report.ok).to.equal(true);
    expect(report.reports[0]!.claims.map(({ name, trials }) => [name, trials])).to.deep.equal([
      ['finite', 3],
      ['keepsShape', 3],
    ]);
  });

  it('checks the norms in a file, and exits with code 1 and the counterexample if one is broken', async () => {
    expect((await say(['verify', file('right.mjs', half(0.5)), '--runs', '5'])).code).to.equal(0);
    const wrong = file('wrong.mjs', half(0.25));
    const { code, out } = await say(['verify', wrong, '--runs', '5']);
    expect(code).to.equal(1);
    expect(out).to.match(/half breaks gradients: [^]*off by a factor of 0\.5[^]*x = \[/);
    // The printed line is a command to run.
    const [, line] = /again: npx normtape (.*)/.exec(out)!;
    expect(line).to.match(/^verify \S+wrong\.mjs --only gradients --dtype float64 --seed \d+ --path [\d:]+$/);
    const again = await say(line!.split(' '));
    expect(again.code).to.equal(1);
    expect(again.out.match(/ {4}x = .*/)![0]).to.equal(out.match(/ {4}x = .*/)![0]);
  });

  it('checks a claim on the norms that have it', async () => {
    const { code, out } = await say(['verify', '--only', 'bandLimits,bandStart', '--runs', '2']);
    expect(code).to.equal(0);
    expect(out)
      .to.match(/adaptive_band_rms/)
      .and.not.match(/layer_norm/);
    const both = await say(['verify', 'layer_norm', 'rms_norm', '--only', 'zeroMean', '--runs', '2']);
    expect(both.out)
      .to.match(/layer_norm +│? *1/)
      .and.not.match(/rms_norm/);
    const { code: none, err } = await say(['verify', 'rms_norm', '--only', 'zeroMeen']);
    expect(none).to.equal(1);
    expect(err).to.match(/^--only: expected claims among gradients, .*received "zeroMeen"/);
  });

  it('accepts every claim that docs/claims.md lists', async () => {
    const page = readFileSync('docs/claims.md', 'utf8');
    const names = [...new Set([...page.matchAll(/^- `(\w+)`:/gm)].map(([, name]) => name!))];
    expect(names.length).to.be.above(40);
    const { code, out } = await say([
      'verify',
      '--only',
      names.join(','),
      '--runs',
      '1',
      '--dtype',
      'float64',
    ]);
    expect(code).to.equal(0);
    expect(out).to.match(new RegExp(`${builtInTypes.length} norms`));
  }).timeout(120_000);

  it('rejects a wrong --path in one line', async () => {
    for (const at of ['abc', '-1', '0:', '0:99999:3']) {
      const { code, err } = await say(['verify', 'rms_norm', '--only', 'gradients', `--path=${at}`]);
      expect(code, at).to.equal(1);
      expect(err, at).to.match(/path: expected the path of a counterexample, such as 3:0:1, received "/);
      expect(err, at).to.not.include('\n');
    }
  });

  it('rejects unknown norms, claims and files', async () => {
    expect((await say(['verify', 'layernorm'])).err).to.match(/Did you mean layer_norm\?$/);
    expect((await say(['verify', join(path, 'none.mjs')])).err).to.match(
      /a file that can be read, received "no such file"/,
    );
    const { code, err } = await say(['verify', file('other.mjs', 'export const one = 1;')]);
    expect({ code, err }).to.deep.include({ code: 1 });
    expect(err).to.match(/an export that norm\(…\) made, received \["one"\]/);
    expect((await say(['verify', file('bad.mjs', 'export const = 1;')])).err).to.match(
      /a module that Node can load/,
    );
    expect((await say(['verify', 'rms_norm', '--runs', 'many'])).code).to.equal(2);
    expect((await say(['verify', 'rms_norm', '--dtype', 'float16'])).code).to.equal(2);
  });

  it('stops when it is interrupted', async () => {
    const { code, out } = await say(['verify', 'rms_norm'], AbortSignal.abort());
    expect(code).to.equal(130);
    expect(out).to.match(/^Interrupted: 0 norms/);
  });
});

describe('normtape gradcheck', () => {
  const path = folder();

  it('reports right gradients, and the largest deviation', async () => {
    const { code, out } = await say([
      'gradcheck',
      'layer_norm',
      '--shape',
      '3,4',
      '--config',
      '{"axis":[0,1]}',
    ]);
    expect(code).to.equal(0);
    expect(out).to.match(
      /^layer_norm at \[3,4\], by x, gamma, beta: its gradients are right\.\n {2}\d+ numbers compared/,
    );
    expect(out).to.match(
      /Furthest off: \w+( at \[\d(,\d)?\])?, -?[\d.e-]+ by the pullback, -?[\d.e-]+ by differences/,
    );
    expect((await say(['gradcheck', 'batch_norm', '--inference'])).code).to.equal(0);
  });

  it('checks the gradients of inputs besides x too', async () => {
    for (const [type, names] of [
      ['gated_rms_norm', 'x, scale, gate'],
      ['qk_norm', 'x, query_scale, key_scale, key'],
      ['modulated_norm', 'x, shift, scale'],
    ] as const) {
      const { code, out } = await say(['gradcheck', type, '--shape', '2,6']);
      expect(code, type).to.equal(0);
      expect(out).to.include(`${type} at [2,6], by ${names}: its gradients are right.`);
    }
  });

  it('refuses gradients that are no slopes, and says what is constant and what to do', async () => {
    const { code, out, err } = await say(['gradcheck', 'batch_renorm', '--shape', '4,6']);
    expect({ code, out }).to.deep.equal({ code: 1, out: '' });
    expect(err).to.match(
      /^normtape gradcheck: expected a norm whose gradients are the slopes of its outputs.*With --inference they are slopes\. normtape verify batch_renorm/,
    );
    expect((await say(['gradcheck', 'batch_renorm', '--shape', '4,6', '--inference'])).code).to.equal(0);
  });

  it('exits with code 1 and a diagnosis if gradients are wrong', async () => {
    const file = join(path, 'wrong.mjs');
    writeFileSync(file, half(-0.5));
    const { code, out } = await say(['gradcheck', file, '--shape', '2,3']);
    expect(code).to.equal(1);
    expect(out).to.match(
      /its gradients are wrong\.[^]*The gradient of x is off by a factor of -1: is a sign turned around\?/,
    );
    const machine = await say(['gradcheck', file, '--shape', '2,3', '--json']);
    expect((JSON.parse(machine.out) as { ok: boolean }).ok).to.equal(false);
  });

  it('reads options from a file, and rejects wrong ones', async () => {
    const file = join(path, 'config.json');
    writeFileSync(file, '{"type": "rms_norm", "use_scale": false}');
    expect((await say(['gradcheck', 'rms_norm', '--config', file])).out).to.match(/by x: its gradients/);
    expect((await say(['gradcheck', 'layer_norm', '--config', file])).err).to.match(
      /expected layer_norm, received "rms_norm"/,
    );
    expect((await say(['gradcheck', 'rms_norm', '--config', '{"epsilonn":1}'])).err).to.match(
      /Did you mean epsilon\?/,
    );
    expect((await say(['gradcheck', 'rms_norm', '--config', '{bad'])).err).to.match(
      /^--config: line 1, column 2: expected JSON/,
    );
    expect((await say(['gradcheck', 'rms_norm', '--shape', '2,0'])).code).to.equal(2);
  });
});
