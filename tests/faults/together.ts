import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './fault.js';
import { finish, normtape } from './process.js';
import { wrongIn } from './whole.js';

/** Several sweeps that start at the same moment in one folder, with and without a name. */
export const together: Fault = {
  name: 'sweeps that start together in one folder',
  async inflict({ place }) {
    const findings: string[] = [];
    const flags = ['--data', 'moons', '--norms', 'none', '--epochs', '2', '--learning-rate', '0.01'];
    let tried = 0;
    for (const named of [[], ['--name', 'one']]) {
      const out = join(place, `together-${named.length}`);
      const seeds = ['1', '2', '3', '4'];
      const all = await Promise.all(
        seeds.map((seeds) => finish(normtape('sweep', ...flags, ...named, '--seeds', seeds, '--out', out))),
      );
      tried += all.length;
      for (const { code, err } of all) if (code !== 0) findings.push(`${code}, ${err}`);
      const found = readdirSync(out).map((name) => {
        const text = readFileSync(join(out, name, 'results.json'), 'utf8');
        return (JSON.parse(text) as { readonly runs: readonly unknown[] }).runs.length;
      });
      if (found.sort().join() !== '1,2,3,4') findings.push(`trainings in the folders: ${found.join()}`);
      findings.push(...wrongIn(out));
    }
    return { tried, facts: 'one folder per sweep, with all results', findings };
  },
};
