import { type Dirent, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './alive.js';

/** The name of this machine, which is part of the name of a draft: machines that share a folder reuse process ids. */
export const HOST = hostname().replace(/[^\w-]+/g, '-');

const DRAFT = /\.([\w-]*)\.(\d+)\.part$/;

/** The name of a file while it is being written. */
export const draftOf = (path: string): string => `${path}.${HOST}.${process.pid}.part`;

/**
 * Removes drafts in a folder and its subfolders that killed processes of this machine left. Other files stay, and so do
 * drafts of other machines and of running processes.
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
  // This process has no draft between two writes, so one with its id was left by an earlier process.
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
