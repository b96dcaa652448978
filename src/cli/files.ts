import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NormtapeError } from '../error.js';

/** The bytes of a file; throws where it cannot be read. */
export const readBytes = (path: string): Uint8Array =>
  attempt(path, 'a file that can be read', () => readFileSync(path));

/** The text of a file in UTF-8; throws where it cannot be read. */
export const readText = (path: string): string => new TextDecoder().decode(readBytes(path));

/** Writes a file whole or not at all, and makes its folder; throws where that cannot be done. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}.part`;
  attempt(path, 'a place that can be written to', () => {
    mkdirSync(dirname(path), { recursive: true });
    try {
      writeFileSync(draft, text);
      renameSync(draft, path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  });
}

/** Makes a folder, so that one finds out before the work that it cannot be written to. */
export const makeFolder = (path: string): void =>
  attempt(path, 'a folder that can be written to', () => {
    const probe = `${path}/.${process.pid}.part`;
    mkdirSync(path, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  });

/**
 * Makes a folder that nobody else has, so that no run overwrites another: if the name is taken, with a number behind
 * it. Returns the name that was free; throws where no folder can be made.
 */
export function claimFolder(parent: string, name: string): string {
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name}-${number}`;
    const path = join(parent, free);
    const made = attempt(path, 'a folder that can be written to', () => {
      mkdirSync(dirname(path), { recursive: true });
      try {
        mkdirSync(path);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      }
    });
    if (made) return free;
  }
}

/** Runs what asks the file system; its refusal becomes an error in our grammar. */
export function attempt<A>(where: string, expected: string, run: () => A): A {
  try {
    return run();
  } catch (error) {
    if (error instanceof NormtapeError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new NormtapeError({ where, expected, received: REASONS[code ?? ''] ?? message });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'nothing there',
  EISDIR: 'a folder',
  ENOTDIR: 'a path through something that is no folder',
  EEXIST: 'something else in its place',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'a read-only file system',
  ENOSPC: 'a full disk',
};
