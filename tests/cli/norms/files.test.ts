import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { folder, say } from '../support.js';

const SOURCE = pathToFileURL(resolve('src/index.ts')).href;
const MINE = resolve('examples/my-norm.ts');

/** The source of a script with norms y = factor · x, and what it exports. */
const scaled = (exported: string): string => `
import { array, defineNormalizations, norm, norms } from ${JSON.stringify(SOURCE)};
const scaled = (type, factor) => norm({
  type, title: type, about: 'Scales.', useCase: 'A test.', formula: 'y = c x',
  reference: { authors: '', title: '', year: 2025, url: '' },
  options: {}, parameters: {},
  apply: (x) => ({ value: array.scale(x, factor), pullback: (g) => ({ x: array.scale(g, factor) }) }),
  example: { x: [2], parameters: {}, y: [2 * factor] },
  invariants: {},
});
const half = scaled('half', 0.5);
const third = scaled('third', 1 / 3);
${exported}
`;

describe('files with your own norms', function () {
  this.timeout(60_000);
  const path = folder();
  const file = (name: string, text: string): string => {
    const at = join(path, name);
    writeFileSync(at, text);
    return at;
  };
  const typesIn = async (exported: string, name: string): Promise<string[]> => {
    const { out, err } = await say(['info', file(name, scaled(exported)), '--json']);
    expect(err).to.equal('');
    const found = JSON.parse(out) as Record<string, unknown>;
    return 'formula' in found ? ['one'] : Object.keys(found);
  };

  it('may export one norm or several, a list or an object of them, or a catalog', async () => {
    expect(await typesIn('export default half;', 'default.mjs')).to.deep.equal(['one']);
    expect(await typesIn('export { half, third };', 'two.mjs')).to.deep.equal(['half', 'third']);
    expect(await typesIn('export const mine = [half, third];', 'list.mjs')).to.deep.equal(['half', 'third']);
    expect(await typesIn('export const mine = { a: half, b: third };', 'object.mjs')).to.deep.equal([
      'half',
      'third',
    ]);
    expect(
      await typesIn('export const all = defineNormalizations({ ...norms, half, third });', 'catalog.mjs'),
    ).to.deep.equal(['half', 'third']);
    expect(
      await typesIn(
        'export const { norms: all } = defineNormalizations({ half, third }); export { half };',
        'parts.mjs',
      ),
    ).to.deep.equal(['half', 'third']);
  });

  it('rejects a type that is already taken', async () => {
    const taken = file('taken.mjs', scaled("export const mine = scaled('layer_norm', 2);"));
    const { code, err } = await say(['sweep', '--norms', taken]);
    expect(code).to.equal(1);
    expect(err).to.match(
      /norms with types that are not taken, received "layer_norm"\. This type is already in the built-in norms\.$/,
    );
    const again = file('again.mjs', scaled("export const mine = scaled('mean_absolute_norm', 2);"));
    expect((await say(['info', '--norms', `${MINE},${again}`])).err).to.include(
      `This type is already in ${MINE}.`,
    );
  });

  it('are described by info, alone or with the built-in ones', async () => {
    const { out } = await say(['info', MINE]);
    expect(out).to.match(/^mean_absolute_norm\n\nDivides by the mean magnitude/);
    expect(out).to.include('The output has the shape of the input.');
    expect((await say(['info', 'mean_absolute_norm', '--norms', MINE])).out).to.equal(out);
    const all = JSON.parse((await say(['info', '--norms', MINE, '--json'])).out) as object;
    expect(all).to.include.keys('mean_absolute_norm', 'layer_norm');
    expect((await say(['info', 'mean_absolut_norm', '--norms', MINE])).err).to.match(
      /Did you mean mean_absolute_norm\?$/,
    );
  });

  it('are known to validate, which checks their configurations', async () => {
    const config = file(
      'config.json',
      JSON.stringify({
        good: { type: 'mean_absolute_norm', gamma_initializer: 'zeros' },
        bad: { type: 'mean_absolute_norm', epsilonn: 1 },
      }),
    );
    const { code, out } = await say(['validate', config, '--norms', MINE]);
    expect(code).to.equal(1);
    expect(out).to.match(/: bad\.epsilonn: .* Did you mean epsilon\?\n1 mistake\.$/);
    expect((await say(['validate', config])).out).to.match(/good\.type: .*\n.*bad\.type: .*\n2 mistakes\.$/);
  });

  it('are trained by sweep, with defaults and with configurations from a file', async () => {
    const config = file('mine.json', JSON.stringify({ wide: { type: 'mean_absolute_norm', eps: 0.5 } }));
    const { code, out } = await say(
      `sweep --data moons --norms ${MINE},rms_norm --config ${config} --learning-rate 0.01 --hidden 4 --epochs 1 --seeds 1 --json --out ${path} --name own`.split(
        ' ',
      ),
    );
    expect(code).to.equal(0);
    const { variants, runs } = JSON.parse(out) as {
      variants: { name: string; config: object; definition?: unknown }[];
      runs: { variant: string; epochs: { loss: number }[] }[];
    };
    const defaults = { type: 'mean_absolute_norm', axis: -1, epsilon: 1e-6, gammaInitializer: 'ones' };
    expect(variants).to.deep.equal([
      { name: 'mean_absolute_norm', config: defaults },
      { name: 'rms_norm', config: { type: 'rms_norm' } },
      { name: 'wide', config: { ...defaults, epsilon: 0.5 } },
    ]);
    const losses = runs.map(({ epochs }) => epochs.at(-1)!.loss);
    expect(new Set(losses).size).to.equal(3);
    expect(readFileSync(join(path, 'own', 'report.html'), 'utf8')).to.include('mean_absolute_norm');
  });

  it('are trained by experiments, in every placement', async () => {
    const small =
      '--hidden 8 --heads 2 --layers 1 --context 8 --batch-size 2 --steps 2 --seeds 1 --json --out';
    const { code, out, err } = await say(
      `experiment language --norms ${MINE}:post,rms_norm ${small} ${path}`.split(' '),
    );
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(out).to.include('"mean_absolute_norm:post"');
    const vision =
      '--width 4 --epochs 1 --convnext-epochs 1 --batch-sizes 64 --samples 64 --seeds 1 --json --out';
    const seen = await say(`experiment vision --norms ${MINE} ${vision} ${path}`.split(' '));
    expect(seen.code).to.equal(0);
    expect(seen.out).to.include('resnet, mean_absolute_norm, batch 64');
    expect((await say(['experiment', 'ood', '--norms', MINE])).err).to.match(
      /names of methods, not files of norms, received ".*my-norm\.ts"/,
    );
  });

  it('are rejected before any work if they do not keep the shape', async () => {
    const several = file(
      'several.mjs',
      scaled(
        "export const mine = { ...half, type: 'several', outputs: [{ name: 'y', about: '' }, { name: 'z', about: '' }] };",
      ),
    );
    for (const command of [['sweep'], ['experiment', 'language'], ['experiment', 'vision']]) {
      expect((await say([...command, '--norms', several])).err).to.match(/one of .*, received "several"/);
    }
  });
});
