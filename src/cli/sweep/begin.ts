import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { NormtapeError } from '../../error.js';
import { dropDrafts } from '../drafts.js';
import { claimRun } from '../claim.js';
import { lock, wasLocked } from '../lock.js';
import type { Terminal } from '../terminal.js';
import { count } from '../words.js';
import { type SweepFlags, doing } from './flags.js';
import type { Plan } from './plan.js';
import { planOf } from './planning.js';
import {
  type Header,
  Recorder,
  type SweepRecord,
  demandRecord,
  differing,
  headerOf,
  readRecord,
} from './record.js';
import type { Run } from './training.js';

/** A sweep that is ready to start or continue, in a locked folder. */
interface Begun {
  readonly plan: Plan;
  readonly folder: string;
  readonly recorder: Recorder;
  /** The trainings that finished before. */
  readonly done: readonly Run[];
  readonly release: () => void;
}

/** Starts a run in a new folder, or continues an interrupted run of the same name and the same plan. */
export async function begin(flags: SweepFlags, terminal: Terminal): Promise<Begun> {
  const { out, name } = flags;
  const plan = await planOf(flags, terminal);
  const header = headerOf(plan, doing(flags));
  dropDrafts(out);
  const before = name === undefined ? undefined : readRecord(join(out, name));
  if (before && isUnfinished(before, join(out, name!)) && isSame(before.header, header)) {
    const locking = lock(join(out, name!));
    if ('release' in locking) return takeUp(join(out, name!), header, plan, locking.release, terminal);
  }
  const { name: free, folder, release } = claimRun(flags, plan.name, terminal);
  return orRelease(release, () => {
    terminal.supervisor?.locked(folder);
    const recorder = new Recorder(folder, { header, runs: [] });
    return { plan: { ...plan, name: free }, folder, recorder, done: [], release };
  });
}

/** Whether a run lacks trainings, or was killed after the last of them, before its results were saved. */
const isUnfinished = ({ header, runs }: SweepRecord, folder: string): boolean =>
  runs.length < header.trainings || wasLocked(folder) || !existsSync(join(folder, 'results.json'));

const isSame = (a: Header, b: Header): boolean => a.seeds === b.seeds && differing(a, b).length === 0;

/** Continues the run in a folder; only the number of seeds may grow. */
export async function resume(flags: SweepFlags, terminal: Terminal): Promise<Begun> {
  const { resume = '', out } = flags;
  const folder = existsSync(resume) ? resume : join(out, resume);
  const { header: before } = demandRecord(folder);
  const release = demandLock(folder);
  terminal.supervisor?.locked(folder);
  const { plan, header } = await planAgain(flags, folder, before, terminal).catch((error: unknown) => {
    release();
    throw error;
  });
  dropDrafts(folder);
  return takeUp(folder, header, plan, release, terminal);
}

/**
 * The plan of a resumed run.
 * @throws if it differs from the plan before.
 */
async function planAgain(flags: SweepFlags, folder: string, before: Header, terminal: Terminal) {
  const given = { ...before.flags, ...doing(flags) };
  const plan = await planOf({ ...given, out: dirname(folder) }, terminal);
  const header = headerOf(plan, given);
  const changed = differing(before, header);
  if (changed.length > 0) {
    throw new NormtapeError({
      where: '--resume',
      expected: `the plan that ${folder} was started with`,
      received: `another ${changed.join(', another ')}`,
      hint: 'Leave these flags out, or start a new run; only --seeds may grow.',
    });
  }
  if (header.seeds < before.seeds) {
    const expected = `at least the ${count(before.seeds, 'seed')} that it was started with`;
    throw new NormtapeError({ where: '--resume', expected, received: header.seeds });
  }
  return { plan, header };
}

/**
 * Locks a folder; returns the function that releases it.
 * @throws if another process works in it.
 */
function demandLock(folder: string): () => void {
  const locking = lock(folder);
  if ('release' in locking) return locking.release;
  const received = `process ${locking.worker} at work on it`;
  throw new NormtapeError({ where: '--resume', expected: 'a run that has ended', received });
}

/** Continues from the current record of a locked folder, to which another process may have added before the lock. */
const takeUp = (folder: string, header: Header, plan: Plan, release: () => void, terminal: Terminal): Begun =>
  orRelease(release, () => {
    terminal.supervisor?.locked(folder);
    const {
      header: { engine },
      runs,
    } = demandRecord(folder);
    const others = Object.entries(header.engine).filter(([name, version]) => engine[name] !== version);
    if (others.length > 0) {
      const was = others.map(([name]) => `${name} ${engine[name]}`).join(', ');
      terminal.tell(`Started with ${was}: numbers may be rounded differently now.`);
    }
    const recorder = new Recorder(folder, { header, runs });
    return { plan: { ...plan, name: basename(folder) }, folder, recorder, done: runs, release };
  });

/** Calls `run` in a locked folder; if it throws, the folder is released. */
function orRelease<A>(release: () => void, run: () => A): A {
  try {
    return run();
  } catch (error) {
    release();
    throw error;
  }
}
