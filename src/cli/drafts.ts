import { type Dirent, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './alive.js';

/** This machine, in the names of drafts: folders may be shared by several, whose processes have the same numbers. */
export const HOST = hostname().replace(/[^\w-]+/g, '-');

const DRAFT = /\.([\w-]*)\.(\d+)\.part$/;

/** What a file is called until it is whole. */
export const draftOf = (path: string): string => `${path}.${HOST}.${process.pid}.part`;

/**
 * Takes away the drafts that processes of this machine left when they were killed, in a folder and those in it. Files
 * of other names, other machines and living processes stay.
 */
export function dropDrafts(folder: string): void {
  const entries = entriesOf(folder);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  for (const place of [folder, ...folders]) {
    for (const { name } of place === folder ? entries : entriesOf(place)) {
      if (isAbandoned(name)) rmSync(join(place, name), { force: true });
    }
  }
}

/** Whether a file of this name is the draft of a process on this machine that has ended. */
export function isAbandoned(name: string): boolean {
  const [, host, pid] = DRAFT.exec(name) ?? [];
  // This process has no draft between two writings; one of its number is that of an earlier process.
  return host === HOST && (Number(pid) === process.pid || !isAlive(Number(pid)));
}

/** The entries of a folder; an empty list if it cannot be read. */
function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
