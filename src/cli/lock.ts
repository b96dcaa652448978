import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './alive.js';
import { HOST, draftOf, dropDrafts } from './drafts.js';
import { attempt, dropFolder } from './files.js';

/** The lock file of a folder: the id of the process that works in it, and its machine. */
export const LOCK = 'running.pid';

/** The locks that this thread holds. A lock file with the id of this process may be left from an earlier process. */
const HELD = new Set<string>();

/** The function that releases a folder which this process has locked, or the id of the process that holds its lock. */
type Locking = { readonly release: () => void } | { readonly worker: number };

/**
 * Locks a folder for this process unless another one works in it; if several try, one succeeds. Locks of dead processes
 * are ignored, and so are those of other machines, whose processes cannot be checked.
 */
export const lock = (folder: string): Locking =>
  attempt(join(folder, LOCK), 'a place that can be written to', () => seize(folder));

/** Locks a folder; with `mindsOthers`, a lock of another machine counts as held. */
export function seize(folder: string, { mindsOthers = false } = {}): Locking {
  const path = join(folder, LOCK);
  for (;;) {
    if (take(path)) {
      HELD.add(path);
      return { release: () => release(folder) };
    }
    const worker = workerIn(path, mindsOthers);
    if (worker !== undefined) return { worker };
    dropStale(path, mindsOthers);
  }
}

/**
 * Releases a folder: removes the lock and the drafts of this process, and the folder if it is empty. It may be called
 * again, and by another thread if the one that locked the folder was ended.
 */
export function release(folder: string): void {
  const path = join(folder, LOCK);
  HELD.delete(path);
  if (isOwn(path)) rmSync(path, { force: true });
  dropDrafts(folder);
  dropFolder(folder);
}

/** Whether a lock file names this process. */
function isOwn(path: string): boolean {
  try {
    return readFileSync(path, 'utf8') === OWN;
  } catch {
    return false;
  }
}

/** Whether a folder has a lock file, of a running process or a dead one. */
export const wasLocked = (folder: string): boolean => existsSync(join(folder, LOCK));

/** Creates the lock file together with its content; false if it exists. */
function take(path: string): boolean {
  const draft = draftOf(path);
  try {
    writeFileSync(draft, OWN);
    linkSync(draft, path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // Some file systems have no hard links.
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

/** Removes a stale lock. If another process has replaced it meanwhile, that lock is put back. */
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

/** The id of the running process that a lock file names. */
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
