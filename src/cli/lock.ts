import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './alive.js';
import { HOST, draftOf } from './drafts.js';
import { attempt } from './files.js';

/** The file in a folder that says which process works in it, and on which machine. */
export const LOCK = 'running.pid';

/** The locks that this thread holds. A file with the number of this process in it may be left by an earlier one. */
const HELD = new Set<string>();

/** A lock that this process holds, or the number of the process that holds it. */
export type Locking = { readonly unlock: () => void } | { readonly worker: number };

/**
 * Locks a folder for this process unless another works in it; of several that try, one gets it. A lock that a dead
 * process left does not count, nor one of another machine, which is never known to live.
 */
export const lock = (folder: string): Locking =>
  attempt(join(folder, LOCK), 'a place that can be written to', () => seize(folder));

/** Locks a folder; a lock of another machine is that of a living process if `mindsOthers`. */
export function seize(folder: string, { mindsOthers = false } = {}): Locking {
  const path = join(folder, LOCK);
  for (;;) {
    if (take(path)) {
      HELD.add(path);
      return { unlock: () => void (HELD.delete(path) && rmSync(path, { force: true })) };
    }
    const worker = workerIn(path, mindsOthers);
    if (worker !== undefined) return { worker };
    dropStale(path, mindsOthers);
  }
}

/** Whether a lock lies in a folder, of a living process or a dead one. */
export const wasLocked = (folder: string): boolean => existsSync(join(folder, LOCK));

/** Makes the file with its content in one act; false if it is there. */
function take(path: string): boolean {
  const draft = draftOf(path);
  try {
    writeFileSync(draft, OWN);
    linkSync(draft, path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // Some file systems have no links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) throw error;
    return takeWithoutLinks(path);
  } finally {
    rmSync(draft, { force: true });
  }
}

const OWN = `${process.pid} ${HOST}`;

function takeWithoutLinks(path: string): boolean {
  try {
    writeFileSync(path, OWN, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a stale lock away. Another process may have replaced it meanwhile: that lock is put back. */
function dropStale(path: string, mindsOthers: boolean): void {
  const aside = draftOf(`${path}.stale`);
  try {
    renameSync(path, aside);
    if (workerIn(aside, mindsOthers) !== undefined) linkSync(aside, path);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** The living process that a lock names. */
function workerIn(path: string, mindsOthers: boolean): number | undefined {
  try {
    const [number, host = HOST] = readFileSync(path, 'utf8').split(' ');
    const pid = Number(number);
    const isHeld = pid === process.pid ? HELD.has(path) : isAlive(pid);
    return pid > 0 && (host === HOST ? isHeld : mindsOthers) ? pid : undefined;
  } catch {
    return undefined;
  }
}
