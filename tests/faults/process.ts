import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The exit code and output of a process. */
export interface Ended {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly seconds: number;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when the process has printed something, or ended. */
  readonly spoken: Promise<void>;
}

const LOADER = ['--import', import.meta.resolve('tsx')];

/** The command line that runs a TypeScript file with arguments in Node. */
export const script = (path: string, ...args: readonly string[]): readonly string[] => [
  process.execPath,
  ...LOADER,
  resolve(path),
  ...args,
];

/** Whether to start the built command, which takes less time than the sources. */
export const isBuilt = (): boolean => process.env['BUILT'] === 'yes';

/** The command line of normtape. */
export const normtape = (...args: readonly string[]): readonly string[] =>
  isBuilt() ? [process.execPath, resolve('dist/cli/main.js'), ...args] : script('src/cli/main.ts', ...args);

/** A command line quoted for a shell. */
export const inShell = (words: readonly string[]): string =>
  words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');

/** Starts a process. */
export function start([file, ...args]: readonly string[], cwd?: string): Started {
  const started = performance.now();
  // Coverage of another process would be mixed up with the coverage of this one.
  const env = { ...process.env, NODE_V8_COVERAGE: '' };
  const child = spawn(file!, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const ended = new Promise<Ended>((done) =>
    child.on('close', (code) => done({ code, out, err, seconds: (performance.now() - started) / 1000 })),
  );
  const spoken = new Promise<void>((done) => {
    child.stdout.once('data', () => done());
    child.once('close', () => done());
  });
  return { child, ended, spoken };
}

/** Runs a process to its end. */
export const finish = (words: readonly string[], cwd?: string): Promise<Ended> => start(words, cwd).ended;

/** Runs a shell command to its end. */
export const finishLine = (line: string, cwd?: string): Promise<Ended> => finish(['sh', '-c', line], cwd);

export const pause = (seconds: number): Promise<void> =>
  new Promise((done) => setTimeout(done, 1000 * seconds));

/** Waits until the process handles signals. SIGHUP is the last one that it installs a handler for. */
export async function hearing(child: ChildProcess): Promise<void> {
  if (!existsSync('/proc/self/status')) return pause(2);
  while (child.exitCode === null && !hearsHangups(child.pid!)) await pause(0.02);
}

function hearsHangups(pid: number): boolean {
  try {
    const [, caught = '0'] = /^SigCgt:\s*([\da-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return (BigInt(`0x${caught}`) & 1n) === 1n;
  } catch {
    // It has ended.
    return true;
  }
}
