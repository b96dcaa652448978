import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checking } from '../../src/cli/configurations.js';
import { atOnce, inTurns } from '../../src/cli/turns.js';
import * as builtIn from '../../src/norms/normalizations.js';
import { folder, say } from './support.js';

describe('a long task', () => {
  const place = folder();

  function* counting(steps: number) {
    for (let i = 0; i < steps; i++) yield i / steps;
    return 'done';
  }

  it('returns its result, and stops at Ctrl-C long before its end', async () => {
    expect(await inTurns(counting(10), new AbortController().signal)).to.equal('done');
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 0);
    const shares: number[] = [];
    const result = await inTurns(counting(1e9), interruption.signal, (share) => void shares.push(share));
    expect(result).to.equal(undefined);
    expect(shares.at(-1)).to.be.below(0.9);
  });

  it('lets validate be interrupted, which then prints no mistakes', async () => {
    const file = join(place, 'many.json');
    const many = Array.from({ length: 50_000 }, (_, i) => `"${i}": {"type": "rms_norm", "epsilon": 1e-5}`);
    writeFileSync(file, `{${many.join(',\n')}}`);
    expect(await say(['validate', file], AbortSignal.abort())).to.deep.equal({
      code: 130,
      out: '',
      err: 'Interrupted: mistakes are printed only after the whole file is checked.',
    });
  });
});

describe('a check of many configurations', () => {
  const place = folder();
  const many = (config: object): object =>
    Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`c${i}`, config]));

  it('describes the norms at most once, not for each configuration', () => {
    let described = 0;
    const known = { ...builtIn, getNormalizationInfo: () => (described++, builtIn.getNormalizationInfo()) };
    expect(atOnce(checking('x', many({ type: 'rms_norm' }), known)).mistakes).to.deep.equal([]);
    expect(described).to.equal(0);
    expect(atOnce(checking('x', many({ type: 'rms_norm', eps: -1 }), known)).mistakes).to.have.length(1000);
    expect(described).to.equal(1);
  });

  it('yields at least once in a hundred configurations', () => {
    expect([...checking('x', many({ type: 'rms_norm' }))].length).to.be.at.least(10);
  });

  it('stops after 100,000 mistakes', async () => {
    const file = join(place, 'wrong.json');
    writeFileSync(file, `{${Array.from({ length: 100_001 }, (_, i) => `"${i}":1`).join(',')}}`);
    const { code, out } = await say(['validate', file]);
    expect(code).to.equal(1);
    expect(out).to.match(/\n100000 mistakes: the check stopped there\.$/);
    const told = JSON.parse((await say(['validate', file, '--json'])).out) as {
      stopped: boolean;
      mistakes: [];
    };
    expect([told.stopped, told.mistakes.length]).to.deep.equal([true, 100_000]);
  });
});
