import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './fault.js';
import { finish, pause, script, start } from './process.js';
import { wrongIn } from './whole.js';

const trainer = (folder: string): readonly string[] => script('tests/faults/trainer.ts', folder);

/** Trainings by `fit` that are killed at random moments until they finish. */
export const killedTrainings: Fault = {
  name: 'trainings of fit killed (SIGKILL) and resumed',
  async inflict({ place, random, kills }) {
    const folderOf = (name: string): string => {
      const folder = join(place, name);
      mkdirSync(folder);
      return folder;
    };
    const weightsIn = (folder: string): string => readFileSync(join(folder, 'weights.json'), 'utf8');
    const whole = folderOf('fit-whole');
    const { seconds, code, err } = await finish(trainer(whole));
    const findings: string[] = code === 0 ? [] : [err];
    let [tried, resumed] = [0, 0];
    for (let i = 0; tried < kills; i++) {
      const folder = folderOf(`fit-${i}`);
      for (let times = 1 + (i % 3); times > 0 && tried < kills; times--) {
        const { child, ended } = start(trainer(folder));
        await pause(random.uniform() * seconds);
        child.kill('SIGKILL');
        await ended;
        tried++;
        findings.push(...wrongIn(folder));
      }
      if (existsSync(join(folder, 'checkpoint.json'))) resumed++;
      const last = await finish(trainer(folder));
      if (last.code !== 0) findings.push(`fit-${i}: ${last.err}`);
      else if (weightsIn(folder) !== weightsIn(whole)) findings.push(`fit-${i}: its weights differ`);
    }
    return { tried, facts: `${resumed} went on from a checkpoint, equal to the bit`, findings };
  },
};
