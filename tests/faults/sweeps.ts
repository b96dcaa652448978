import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, Setting } from './fault.js';
import { type Ended, finish, normtape, pause, start } from './process.js';
import { keptIn, numbersIn, wrongIn } from './whole.js';

/** A sweep of a few seconds: two norms, a choice of rates and three seeds. */
export const SMALL = [
  ...['--data', 'moons', '--norms', 'none,batch_norm', '--hidden', '8', '--epochs', '6', '--seeds', '3'],
  ...['--tuning-seeds', '1', '--learning-rates', '0.003,0.01'],
];

/** The folder of an undisturbed sweep, and its outcome. */
export async function undisturbed({
  place,
}: Setting): Promise<{ readonly folder: string; readonly ended: Ended }> {
  const ended = await finish(normtape('sweep', ...SMALL, '--out', place, '--name', 'whole'));
  return { folder: join(place, 'whole'), ended };
}

let whole: Promise<{ readonly numbers: string; readonly seconds: number }> | undefined;

/** The numbers of an undisturbed sweep, and its time; it runs once. */
export const wholeSweep = (setting: Setting): NonNullable<typeof whole> =>
  (whole ??= undisturbed(setting).then(({ folder, ended: { seconds } }) => ({
    numbers: numbersIn(folder),
    seconds,
  })));

/** Sweeps that are killed once or twice at random moments, and resumed. */
export const killedSweeps: Fault = {
  name: 'sweeps killed (SIGKILL) and resumed',
  async inflict(setting) {
    const { place, random, kills } = setting;
    const { numbers, seconds } = await wholeSweep(setting);
    const findings: string[] = [];
    let [tried, kept, inTime] = [0, 0, 0];
    for (let i = 0; tried < kills; i++) {
      const name = `killed-${i}`;
      const folder = join(place, name);
      const hasEnded = (): boolean =>
        existsSync(join(folder, 'report.html')) && !existsSync(join(folder, 'running.pid'));
      const again = (): readonly string[] =>
        // The same command resumes by itself too, except a run that had finished before it was killed.
        existsSync(join(folder, 'trainings.jsonl')) && (i % 2 === 0 || hasEnded())
          ? normtape('sweep', '--resume', folder)
          : normtape('sweep', ...SMALL, '--out', place, '--name', name);
      for (let times = 1 + (i % 2); times > 0 && tried < kills; times--) {
        const before = keptIn(folder);
        const { child, ended: dead } = start(again());
        await pause(random.uniform() * seconds);
        child.kill('SIGKILL');
        const { code } = await dead;
        tried++;
        if (code === null) inTime++;
        findings.push(...wrongIn(folder, { isEnded: false }));
        const after = keptIn(folder);
        kept += after.length;
        if (before.some((line, at) => after[at] !== line))
          findings.push(`${name}: a finished training is lost`);
      }
      const held = keptIn(folder);
      const { code, out, err } = await finish(again());
      if (code !== 0 || err !== '') findings.push(`${name}: ${code}, ${err}`);
      const told = /Resumed: (\d+) of/.exec(out)?.[1] ?? '0';
      if (Number(told) !== held.length) findings.push(`${name}: resumes with ${told} of ${held.length}`);
      if (existsSync(join(folder, 'results.json')) && numbersIn(folder) !== numbers) {
        findings.push(`${name}: its numbers differ from an undisturbed sweep`);
      }
    }
    findings.push(...wrongIn(place));
    return {
      tried,
      facts: `${inTime} before the end, ${kept} finished trainings found again, equal to the bit`,
      findings,
    };
  },
};
