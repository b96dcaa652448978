import { basename } from 'node:path';
import { NormtapeError } from '../../error.js';
import { resolve } from '../../option/index.js';
import { timestamp } from '../circumstances.js';
import { ownNorms, splitNames } from '../norms/named.js';
import type { Terminal } from '../terminal.js';
import { buildable } from './buildable.js';
import { sourceOf } from './data-flags.js';
import type { SweepFlags } from './flags.js';
import { anyKeepsStatistics, withMomentum } from './momentum.js';
import { type Plan, baselineOf, stepsOf, tuningOf, variantsOf } from './plan.js';
import { demandCountable, demandRoom } from './room.js';
import { SETTINGS, type Settings } from './settings.js';
import { load } from './source.js';
import { demandScorable } from './task.js';

/** Plans a sweep: reads and checks all input before any work begins. */
export async function planOf(flags: SweepFlags, terminal: Pick<Terminal, 'screen'>): Promise<Plan> {
  const { norms, config, name, momentum, json, csv, quiet } = flags;
  const settings = settingsOf(flags);
  const own = await ownNorms(splitNames(norms ?? ''));
  const stated = variantsOf(norms, config, own);
  const baseline = baselineOf(stated, flags.baseline);
  demandCountable(settings, stated.length);
  const { testShare, seed } = settings;
  const source = sourceOf(flags);
  const { data } = source;
  const { notes, ...split } = load(
    { ...source, testShare, seed },
    json || csv || quiet ? undefined : terminal,
  );
  demandScorable(data, split);
  if (momentum !== undefined) demandMomentum(momentum, anyKeepsStatistics(stated));
  const asked = withMomentum(stated, stepsOf(split, settings), momentum);
  demandRoom(split, settings);
  const { variants, failures } = buildable({ split, settings, variants: asked, baseline });
  const title = name ?? `${basename(data).replace(/\.csv$/i, '')}-${timestamp()}`;
  return {
    name: title,
    source: data,
    split,
    notes,
    tuning: tuningOf(split, settings),
    variants,
    failures,
    baseline,
    settings,
  };
}

function settingsOf({ learningRate, ...flags }: SweepFlags): Settings {
  const given = Object.entries(flags).filter(([flag]) => Object.hasOwn(SETTINGS, flag));
  const settings = resolve('sweep', SETTINGS, {
    ...Object.fromEntries(given),
    ...(learningRate !== undefined && { learningRates: [learningRate] }),
  });
  const { learningRates } = settings;
  const where = 'sweep.learningRates';
  if (learningRate !== undefined && flags.learningRates) {
    const received = 'both --learning-rate and --learning-rates';
    throw new NormtapeError({ where, expected: 'one flag for the learning rates', received });
  }
  if (learningRates.length === 0 || new Set(learningRates).size < learningRates.length) {
    throw new NormtapeError({
      where,
      expected: 'at least one learning rate, each once',
      received: learningRates,
    });
  }
  return settings;
}

function demandMomentum(momentum: number, isHeard: boolean): void {
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new NormtapeError({ where: '--momentum', expected: 'a number from 0 to 1', received: momentum });
  }
  if (!isHeard) {
    const expected = 'a normalization with running statistics among --norms';
    throw new NormtapeError({ where: '--momentum', expected, received: 'no such normalization' });
  }
}
