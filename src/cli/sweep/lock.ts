import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../alive.js';
import { draftOf } from '../drafts.js';
import { attempt } from '../files.js';

/** The file in the folder of a sweep that says which process works on it. */
const FILE = 'running.pid';

/** The locks that this thread holds. A file with the number of this process in it may be left by an earlier one. */
const HELD = new Set<string>();

/** A lock that this process holds, or the number of the process that holds it. */
export type Locking = { readonly unlock: () => void } | { readonly worker: number };

/**
 * Locks a folder for this process unless another works on it; of several that try, one gets it. A lock that a dead
 * process left does not count.
 */
export function lock(folder: string): Locking {
  const path = join(folder, FILE);
  return attempt(path, 'a place that can be written to', () => {
    for (;;) {
      if (take(path)) {
        HELD.add(path);
        return { unlock: () => void (HELD.delete(path) && rmSync(path, { force: true })) };
      }
      const worker = workerIn(path);
      if (worker !== undefined) return { worker };
      dropStale(path);
    }
  });
}

/** Whether a lock lies in a folder, of a living process or a dead one. */
export const wasLocked = (folder: string): boolean => existsSync(join(folder, FILE));

/** Makes the file with its content in one act; false if it is there. */
function take(path: string): boolean {
  const draft = draftOf(path);
  try {
    writeFileSync(draft, String(process.pid));
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

function takeWithoutLinks(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a stale lock away. Another process may have replaced it meanwhile: that lock is put back. */
function dropStale(path: string): void {
  const aside = draftOf(`${path}.stale`);
  try {
    renameSync(path, aside);
    if (workerIn(aside) !== undefined) linkSync(aside, path);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** The living process that a lock names. */
function workerIn(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    const isHeld = pid === process.pid ? HELD.has(path) : isAlive(pid);
    return pid > 0 && isHeld ? pid : undefined;
  } catch {
    return undefined;
  }
}
