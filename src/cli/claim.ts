import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dropDrafts, isAbandoned } from './drafts.js';
import { attempt, dropFolder, makeFolders } from './files.js';
import { LOCK, seize } from './lock.js';
import type { Terminal } from './terminal.js';

/** A folder that no other run uses. */
export interface Claim {
  /** The name that was free. */
  readonly name: string;
  readonly folder: string;
  /** Unlocks the folder, and removes it if it is empty. */
  readonly release: () => void;
}

/**
 * Makes a folder and locks it, so that no run overwrites another: if the name is taken, a number is added. A folder in
 * which a process was killed before it wrote anything is free.
 * @throws if no folder can be made, or no file in it.
 */
export function claimFolder(parent: string, wanted: string): Claim {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    const folder = join(parent, name);
    const release = attempt(folder, 'a folder that can be written to', () => claim(folder));
    if (release) return { name, folder, release };
  }
}

/** Claims a folder for a run; tells if the name that it was given is taken. Without a name it gets the other one. */
export function claimRun(
  { out, name }: { readonly out: string; readonly name?: string | undefined },
  unnamed: string,
  { tell }: Pick<Terminal, 'tell'>,
): Claim {
  const wanted = name ?? unnamed;
  const claim = claimFolder(out, wanted);
  if (name !== undefined && claim.name !== name) {
    tell(`${join(out, wanted)} is there already: this run is ${claim.name}.`);
  }
  return claim;
}

/** Makes and locks a folder; undefined if it belongs to another run. */
function claim(folder: string): (() => void) | undefined {
  makeFolders(dirname(folder));
  const isNew = make(folder);
  if (!isNew && !isFree(folder)) return undefined;
  try {
    const locking = seize(folder, { mindsOthers: true });
    if (!('release' in locking)) return undefined;
    // Another process may have locked and unlocked it since the check.
    if (!isNew && !isFree(folder)) {
      locking.release();
      return undefined;
    }
    dropDrafts(folder);
    return locking.release;
  } catch (error) {
    // The process that had it removed it.
    if (!existsSync(folder)) return claim(folder);
    if (isNew) dropFolder(folder);
    throw error;
  }
}

/** Makes a folder; false if the name is taken. */
function make(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether a folder holds nothing but a lock and drafts of processes that were killed. */
function isFree(path: string): boolean {
  try {
    return readdirSync(path).every((name) => name === LOCK || isAbandoned(name));
  } catch {
    // Not a folder, or one that may not be read.
    return false;
  }
}
