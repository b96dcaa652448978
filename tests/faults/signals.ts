import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SIGNALS, type Signal, codeOf } from '../../src/cli/interruption.js';
import type { Results } from '../../src/cli/sweep/results.js';
import type { Fault } from './fault.js';
import { type Ended, hearing, inShell, isBuilt, normtape, pause, start } from './process.js';
import { SMALL } from './sweeps.js';
import { keptIn, wrongIn } from './whole.js';

/** Commands that would take very long. */
const LONG: Readonly<Record<string, readonly string[]>> = {
  sweep: ['sweep', ...SMALL, '--epochs', '30', '--seeds', '2000'],
  language: [
    'experiment',
    'language',
    '--seeds',
    '900',
    '--hidden',
    '8',
    '--heads',
    '1',
    '--context',
    '8',
    '--steps',
    '3',
  ],
  vision: [
    'experiment',
    'vision',
    '--seeds',
    '900',
    '--samples',
    '64',
    '--epochs',
    '1',
    '--convnext-epochs',
    '1',
  ],
  bench: ['bench', '--rounds', '10000'],
  verify: ['verify', '--runs', '100000'],
};

/** Signals at random moments of all kinds of commands. */
export const signals: Fault = {
  name: 'SIGINT, SIGTERM, SIGHUP at random moments',
  async inflict({ place, random, kills }) {
    const findings: string[] = [];
    const works = Object.entries(LONG);
    let [slowest, saved] = [0, 0];
    const tried = Math.max(3, Math.min(kills, 2 * SIGNALS.length * works.length));
    for (let i = 0; i < tried; i++) {
      const signal = SIGNALS[i % SIGNALS.length]!;
      const [work, args] = works[Math.floor(i / SIGNALS.length) % works.length]!;
      const name = `${work}-${i}`;
      const out = work === 'bench' || work === 'verify' ? [] : ['--out', place, '--name', name];
      const { child, ended, spoken } = start(normtape(...args, ...out));
      if (out.length > 0) await spoken;
      // Before that, a signal ends any program.
      await hearing(child);
      await pause(2 * random.uniform() ** 2);
      const { result, waited } = await struck(child.pid!, signal, ended);
      slowest = Math.max(slowest, waited);
      const folder = join(place, name);
      const isSaved = existsSync(join(folder, 'results.json'));
      if (isSaved) saved++;
      if (result.code !== codeOf(signal))
        findings.push(`${name}: ${signal} ended it with ${result.code}: ${result.err}`);
      const kept = keptIn(folder).length;
      if (kept > 0 && !(isSaved && runsIn(folder) === kept)) findings.push(`${name}: results lack trainings`);
    }
    findings.push(...wrongIn(place));
    return {
      tried,
      facts: `exit code 128 + n, ${saved} saved results; the slowest took ${slowest.toFixed(1)} s`,
      findings,
    };
  },
};

const runsIn = (folder: string): number =>
  (JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as Results).runs.length;

async function struck(
  pid: number,
  signal: Signal,
  ended: Promise<Ended>,
): Promise<{ readonly result: Ended; readonly waited: number }> {
  const sent = performance.now();
  try {
    process.kill(pid, signal);
  } catch {
    // It ended before, as its exit code shows.
  }
  const result = await ended;
  return { result, waited: (performance.now() - sent) / 1000 };
}

/** A norm whose code never returns: after some calls, or when its file is loaded. */
const ENDLESS = `
  import { norms } from 'NORMTAPE';
  const forever = () => { for (;;); };
  let calls = 0;
  const { rms_norm: base } = norms;
  if (process.env.ENDLESS === 'load') forever();
  export const endless = {
    ...base,
    type: 'endless',
    apply: (...given) => (++calls > 150 ? forever() : base.apply(...given)),
  };
`;

/** Signals to code that never returns, so that only ending the thread stops it; finished results are saved. */
export const endlessCode: Fault = {
  name: 'SIGINT to code that never returns',
  async inflict({ place }) {
    const file = join(place, 'endless.mjs');
    writeFileSync(
      file,
      ENDLESS.replace('NORMTAPE', isBuilt() ? 'normtape' : `${process.cwd()}/src/index.ts`),
    );
    const findings: string[] = [];
    const flags = [
      '--data',
      'moons',
      '--hidden',
      '4',
      '--epochs',
      '1',
      '--seeds',
      '400',
      '--learning-rate',
      '0.01',
    ];
    const sweep = normtape('sweep', ...flags, '--norms', `none,${file}`, '--out', place, '--name', 'endless');
    const { child, ended, spoken } = start(sweep);
    await spoken;
    const folder = join(place, 'endless');
    for (let before = -1, now = 0; before < now || now === 0; now = keptIn(folder).length) {
      before = now;
      await pause(1);
    }
    const kept = keptIn(folder).length;
    const { result } = await struck(child.pid!, 'SIGINT', ended);
    if (result.code !== 130) findings.push(`the sweep ended with ${result.code}: ${result.err}`);
    if (kept === 0 || runsIn(folder) !== kept)
      findings.push(`${kept} trainings had ended, and not all are saved`);
    if (!result.out.includes('│ none')) findings.push('the ranking is not printed');
    const line = `exec env ENDLESS=load ${inShell(normtape('info', file))}`;
    const loading = start(['sh', '-c', line]);
    await hearing(loading.child);
    await pause(0.7);
    const loaded = await struck(loading.child.pid!, 'SIGINT', loading.ended);
    if (loaded.result.code !== 130) findings.push(`loading ended with ${loaded.result.code}`);
    findings.push(...wrongIn(place));
    return { tried: 2, facts: `exit code 130, ${kept} finished trainings saved and printed`, findings };
  },
};
