import { expect } from 'chai';
import { normalizationTypes, norms } from '../../src/index.js';
import { type Facts, factsOf } from '../../src/norms/facts.js';
import type { Norm } from '../../src/norms/norm.js';
import { say } from './support.js';

const chosen = async (...flags: readonly string[]): Promise<readonly Facts[]> =>
  JSON.parse((await say(['choose', '--json', ...flags])).out) as readonly Facts[];

const types = (facts: readonly Facts[]): readonly string[] => facts.map(({ type }) => type);

describe('normtape choose', () => {
  it('lists every norm that states its traits, cheapest first', async () => {
    const all = await chosen();
    const stating = normalizationTypes.filter((type) => (norms[type] as Norm).traits);
    expect(types(all)).to.have.members(stating);
    const costs = all.map(({ cost }) => cost);
    expect(costs).to.deep.equal([...costs].sort((a, b) => a - b));
  });

  it('leaves what fits the flags, and nothing that does not', async () => {
    const all = await chosen();
    for (const [flags, fits] of [
      [['--place', 'logits'], ({ place }) => place === 'logits'],
      [['--causal'], ({ isCausal }) => isCausal],
      [['--batch', '1'], ({ leastBatch }) => leastBatch === 1],
      [['--alike'], ({ differsInTraining }) => !differsInTraining],
      [['--stateless'], ({ state }) => state.length === 0],
      [['--guards', 'size,offset'], ({ guards }) => guards.includes('size') && guards.includes('offset')],
    ] as readonly (readonly [readonly string[], (facts: Facts) => boolean])[]) {
      const left = await chosen(...flags);
      expect(types(left), flags.join(' ')).to.deep.equal(types(all.filter(fits)));
      expect(left.length, flags.join(' ')).to.be.within(1, all.length - 1);
    }
    expect(types(await chosen('--causal', '--guards', 'size,offset'))).to.include('layer_norm');
  });

  it('measures whether training and inference differ', () => {
    expect(factsOf(norms.batch_norm)).to.include({ differsInTraining: true, isCausal: false, leastBatch: 2 });
    expect(factsOf(norms.layer_norm)).to.include({ differsInTraining: false, isCausal: true, leastBatch: 1 });
  });

  it('prints a table no wider than the screen', async () => {
    const { code, out } = await say(['choose', '--causal']);
    expect(code).to.equal(0);
    expect(out).to.include(' layer_norm ').and.not.include(' batch_norm ');
    expect(Math.max(...out.split('\n').map((line) => line.length))).to.be.at.most(140);
  });

  it('says that nothing fits, and refuses words that are no disturbances', async () => {
    const none = await say(['choose', '--place', 'logits', '--batch', '1', '--guards', 'offset']);
    expect(none).to.deep.include({ code: 1, out: '' });
    expect(none.err).to.match(/^normtape choose: expected flags that at least one norm fits/);
    const wrong = await say(['choose', '--guards', 'sizes']);
    expect(wrong).to.deep.include({ code: 1, out: '' });
    expect(wrong.err).to.match(/^--guards: expected .*size, offset, gain, shift.* Did you mean size\?$/);
  });
});
