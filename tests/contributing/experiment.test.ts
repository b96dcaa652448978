import { expect } from 'chai';
import { inCopy } from './copy.js';

const FILE = 'src/cli/experiment/coins.ts';
const CATALOG = 'src/cli/experiment/catalog.ts';

const EXPERIMENT = `import { number } from '../../option/index.js';
import { Random } from '../../array/index.js';
import type { Experiment } from './experiment.js';

const settings = {
  seeds: number(3, 'How many coins are thrown.', { min: 1, whole: true, explore: [1, 3] }),
  seed: number(1, 'The seed of the first.', { min: 0, whole: true, explore: [0, 3] }),
};

/** Throws coins. */
export const coins: Experiment<typeof settings, number> = {
  name: 'coins',
  about: 'Throw coins.',
  norms: 'none',
  settings,
  full: { seeds: 100 },
  plan: ({ settings: { seeds, seed } }) => ({
    summary: \`\${seeds} coins.\`,
    trials: Array.from({ length: seeds }, (_, i) => ({
      name: \`coin \${i}\`,
      *run() {
        yield { share: 0.5 };
        return Math.round(new Random(seed + i).uniform());
      },
    })),
    conclude: (results) => ({
      data: { results },
      tables: [{ columns: [{ title: 'side' }], rows: results.map((side) => ({ cells: [String(side)] })) }],
      remarks: [],
      names: [],
      sections: [],
    }),
  }),
};
`;

describe('the recipe for an experiment', () => {
  const copy = inCopy((tree) => {
    tree.write(FILE, EXPERIMENT);
    tree.append(CATALOG, "export { coins } from './coins.js';");
  });

  it('takes one file and one line', () => {
    expect(copy().edits()).to.deep.equal({ [FILE]: 1, [CATALOG]: 1 });
  });

  it('suffices: the command runs it, with its settings as flags, and writes its results', function () {
    this.timeout(300_000);
    const flags = ['--seeds', '2', '--name', 'thrown', '--quiet'];
    const said = copy().node('--import', 'tsx', 'src/cli/main.ts', 'experiment', 'coins', ...flags);
    expect(said).to.include('2 coins.').and.to.include('report.html');
    const { settings, results } = JSON.parse(copy().read('runs/thrown/results.json'));
    expect(settings).to.deep.equal({ seeds: 2, seed: 1 });
    expect(results).to.have.length(2);
  });
});
