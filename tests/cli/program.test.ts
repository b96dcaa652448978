import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { builtInTypes } from '../../src/norms/built-in.js';
import { say } from './support.js';

const normalizationTypes = [...builtInTypes].sort();

describe('the command', () => {
  it('prints its version and its help', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await say(['--version'])).to.deep.equal({ code: 0, out: version, err: '' });
    const { code, out } = await say(['--help']);
    expect(code).to.equal(0);
    expect(out).to.match(/sweep[^]*info[^]*validate/);
    expect((await say(['sweep', '--help'])).out).to.match(
      /--batch-size <number>\s+The batch size. \(default:\s+32\)/,
    );
  });

  for (const args of [
    [],
    ['swep'],
    ['sweep', '--epoch', '3'],
    ['sweep', '--epochs', 'three'],
    ['sweep', '--epochs', ''],
    ['sweep', 'digits'],
    ['validate'],
    ['info', 'a', 'b'],
  ]) {
    it(`exits with code 2 and a message after wrong usage: ${args.join(' ') || 'nothing'}`, async () => {
      const { code, out, err } = await say(args);
      expect({ code, out }).to.deep.equal({ code: 2, out: '' });
      expect(err).to.match(/error: |Usage: /);
    });
  }

  it('lists all norms', async () => {
    const { code, out } = await say(['info']);
    expect(code).to.equal(0);
    for (const type of normalizationTypes) expect(out).to.include(` ${type} `);
    expect(out).not.to.include('…');
    expect(Math.max(...out.split('\n').map((line) => line.length))).to.be.at.most(100);
    expect(Object.keys(JSON.parse((await say(['info', '--json'])).out) as object)).to.deep.equal(
      normalizationTypes,
    );
  });

  it('describes one norm', async () => {
    const { code, out } = await say(['info', 'rms_norm']);
    expect(code).to.equal(0);
    for (const fact of [
      'Divides by the root mean square',
      'epsilon, eps',
      'use_scale',
      'a finite number',
      'scale: The gain γ',
      'The output has the shape of the input.',
      'https://arxiv.org/abs/1910.07467',
    ]) {
      expect(out).to.include(fact);
    }
    const { useCase } = JSON.parse((await say(['info', 'rms_norm', '--json'])).out) as { useCase: string };
    expect(out).to.include(useCase);
  });

  it('suggests the norm that was meant', async () => {
    const { code, out, err } = await say(['info', 'layer_nrom']);
    expect({ code, out }).to.deep.equal({ code: 1, out: '' });
    expect(err).to.equal(
      `normalization type: expected one of ${normalizationTypes.join(', ')}, received "layer_nrom". Did you mean layer_norm?`,
    );
  });

  it('finds a norm by its other names, and says which one it is', async () => {
    const { out: page } = await say(['info', 'global_response_norm']);
    expect(page).to.include('Also known as GRN.');
    for (const name of ['GRN', 'grn', 'GlobalResponseNorm', 'global-response-normalization']) {
      const { code, out, err } = await say(['info', name]);
      expect({ code, out, err }).to.deep.equal({
        code: 0,
        out: page,
        err: `${name} is a name for global_response_norm here.`,
      });
    }
  });
});
