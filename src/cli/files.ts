import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { NormtapeError } from '../error.js';
import { draftOf } from './drafts.js';
import { reasonOf } from './reasons.js';

/**
 * The bytes of a file.
 * @throws if it cannot be read.
 */
export const readBytes = (path: string): Uint8Array =>
  attempt(path, 'a file that can be read', () => readFileSync(path));

/**
 * The text of a file in UTF-8.
 * @throws if it cannot be read.
 */
export const readText = (path: string): string => new TextDecoder().decode(readBytes(path));

/**
 * Writes a file completely or not at all, and makes its folder.
 * @throws if it cannot be written.
 */
export const writeWhole = (path: string, text: string): void => writeAllWhole([[path, text]]);

/**
 * Writes files that belong together completely or not at all, and makes their folders. They take their names, in this
 * order, once all are written.
 * @throws if one cannot be written.
 */
export function writeAllWhole(
  files: readonly (readonly [path: string, content: string | Uint8Array])[],
): void {
  const writing = (path: string, act: () => void): void =>
    attempt(path, 'a place that can be written to', act);
  const begun: string[] = [];
  try {
    for (const [path, content] of files)
      writing(path, () => {
        makeFolders(dirname(path));
        begun.push(draftOf(path));
        writeFileSync(draftOf(path), content);
      });
    for (const [path] of files) writing(path, () => renameSync(draftOf(path), path));
  } catch (error) {
    for (const draft of begun) rmSync(draft, { force: true });
    throw error;
  }
}

/** Removes a folder if it is empty. */
export function dropFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error) ?? '')) throw error;
  }
}

/**
 * Makes a folder and its parents. Node's recursive mkdir never returns below /proc and in a folder that was deleted.
 */
export function makeFolders(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && statSync(path).isDirectory()) return;
    const above = dirname(path);
    if (codeOf(error) !== 'ENOENT' || above === path || existsSync(above)) throw error;
    makeFolders(above);
    makeFolders(path);
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Calls `run`; an error of the file system becomes a NormtapeError. */
export function attempt<A>(where: string, expected: string, run: () => A): A {
  try {
    return run();
  } catch (error) {
    if (error instanceof NormtapeError) throw error;
    throw new NormtapeError({ where, expected, received: reasonOf(error as NodeJS.ErrnoException) });
  }
}
