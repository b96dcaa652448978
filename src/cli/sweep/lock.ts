import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file in the folder of a sweep that says which process works on it. */
const FILE = 'running.pid';

/** The process that works on a folder, if there is one; a lock that a dead process left does not count. */
export function workerOn(folder: string): number | undefined {
  try {
    const process = Number(readFileSync(join(folder, FILE), 'utf8'));
    return process > 0 && isAlive(process) ? process : undefined;
  } catch {
    return undefined;
  }
}

/** Locks a folder for this process; returns the function that unlocks it. */
export function lock(folder: string): () => void {
  const path = join(folder, FILE);
  writeFileSync(path, String(process.pid));
  return () => rmSync(path, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of somebody else is alive too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
