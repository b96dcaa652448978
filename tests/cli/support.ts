import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/cli/program.js';
import type { Terminal } from '../../src/cli/terminal.js';

/** The output of a command, and its exit code. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process, with a terminal that records its output. */
export async function say(
  args: readonly string[],
  interrupted = new AbortController().signal,
): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    print: (text) => void out.push(...[text].flat()),
    tell: (text) => void err.push(...[text].flat()),
    width: 100,
    screen: undefined,
    interrupted,
  };
  const code = await run(args, terminal);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** A folder for the tests of one file, which is removed after them. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'normtape-'));
  after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
