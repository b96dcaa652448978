import { setImmediate } from 'node:timers/promises';
import type { Dtype } from '../../array/index.js';
import type { Verification } from '../../verify/report.js';
import { type Terminal, linesOf } from '../terminal.js';
import { count, duration } from '../words.js';
import { type Failure, failureOf, failureText } from '../failures.js';
import { exitCodeOf } from '../interruption.js';
import { type Watcher, bar } from '../progress.js';
import type { Norm } from '../../norms/norm.js';
import type { Replay } from '../../verify/report.js';
import type { verification } from '../../verify/verify.js';
import { NormtapeError, suggest } from '../../error.js';
import { isNormFile } from '../norms/file.js';
import { subjectsOf } from '../norms/named.js';
import { table } from './table.js';

/** The flags of `normtape verify`. */
export interface VerifyFlags {
  readonly runs: number;
  readonly seed: number;
  readonly dtype?: Dtype;
  readonly only?: string;
  readonly path?: string;
  readonly json?: boolean;
}

/** Verifies norms and prints the reports; returns the exit code: 1 if a claim is broken. */
export async function verify(
  named: readonly string[],
  flags: VerifyFlags,
  terminal: Terminal,
): Promise<number> {
  // Imported here, so that the other commands start without it.
  const { failureText: claimText, failures } = await import('../../verify/report.js');
  const { verification: begun } = await import('../../verify/verify.js');
  const { runs, seed, dtype, path, json } = flags;
  const only = flags.only?.split(',').map((name) => name.trim());
  const subjects = await having(only, await subjectsOf(named));
  const started = performance.now();
  const watcher = bar(subjects.length, json ? { ...terminal, screen: undefined } : terminal);
  const reports: Verification[] = [];
  const failed: Failure[] = [];
  try {
    for (const norm of subjects) {
      watcher.start(norm.type);
      const own = only && (await namesOf(norm)).filter((name) => only.includes(name));
      const steps = begun(norm, { runs, seed, dtype, only: own, path });
      const report = await ended(steps, watcher, terminal.interrupted).catch((error: unknown) => {
        if (isUsage(error)) throw error;
        failed.push(failureOf(norm.type, 'verifying', error));
        return 'failed' as const;
      });
      if (report === undefined) break;
      if (report !== 'failed') reports.push(report);
    }
  } finally {
    watcher.stop();
  }
  terminal.supervisor?.acknowledge();
  const interrupted = terminal.interrupted.aborted;
  const ok = failed.length === 0 && reports.every((report) => report.ok);
  if (json) {
    terminal.print(linesOf(JSON.stringify({ ok, interrupted, reports, failures: failed }, undefined, 2)));
  } else {
    if (reports.length > 0) terminal.print(linesOf(table(reports)));
    for (const report of reports) {
      for (const claim of failures(report))
        terminal.print(['', ...claimText(report.subject, claim, command(report.subject, named))]);
    }
    for (const failure of failed) terminal.print(failureText(failure));
    const time = duration((performance.now() - started) / 1000);
    const broken = reports.reduce((sum, report) => sum + failures(report).length, 0);
    const verdict =
      broken === 0 ? 'no claim was broken' : `${count(broken, 'claim was', 'claims were')} broken`;
    terminal.print(
      `${interrupted ? 'Interrupted: ' : ''}${count(reports.length, 'norm')}, ${count(runs, 'run')} of every kind of claim, seed ${seed}: ${verdict}, in ${time}.`,
    );
  }
  return interrupted ? exitCodeOf(terminal.interrupted) : ok ? 0 : 1;
}

/** The report at the end of the steps; undefined after an interruption. */
async function ended(
  steps: ReturnType<typeof verification>,
  watcher: Watcher,
  interrupted: AbortSignal,
): Promise<Verification | undefined> {
  let step = steps.next();
  while (!step.done) {
    watcher.step(step.value.done / step.value.total);
    await setImmediate();
    if (interrupted.aborted) return undefined;
    step = steps.next();
  }
  return step.value;
}

/** Whether an error is about the flags rather than about a norm. */
const isUsage = (error: unknown): boolean =>
  error instanceof NormtapeError && /^verifyNormalization|\.path$/.test(error.report.where);

/** The names of the claims about a norm. */
async function namesOf(norm: Norm): Promise<readonly string[]> {
  const { claimsOf } = await import('../../verify/claims.js');
  return claimsOf(norm).map(({ name }) => name);
}

/**
 * The norms that have one of these claims, or all norms if `only` is undefined.
 * @throws if no norm has one of the claims.
 */
async function having(only: readonly string[] | undefined, norms: readonly Norm[]): Promise<readonly Norm[]> {
  if (!only) return norms;
  const claims = await Promise.all(norms.map(namesOf));
  const known = [...new Set(claims.flat())];
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const expected = `claims among ${known.join(', ')}`;
    throw new NormtapeError({ where: '--only', expected, received: unknown, hint: suggest(unknown, known) });
  }
  return norms.filter((_, i) => claims[i]!.some((name) => only.includes(name)));
}

/** The command that replays a counterexample; norms from a file are named by their file. */
const command =
  (type: string, named: readonly string[]) =>
  ({ only, dtype, seed, path }: Replay): string => {
    const files = named.filter((name) => isNormFile(name));
    const subjects = named.length === 0 || named.includes(type) ? [type] : files;
    const words = [...subjects, '--only', only, '--dtype', dtype, '--seed', String(seed), '--path', path];
    return `again: npx normtape verify ${words.map(quoted).join(' ')}`;
  };

/** A word quoted for a shell. */
const quoted = (word: string): string =>
  /^[\w./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
