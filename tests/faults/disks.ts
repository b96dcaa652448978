import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './fault.js';
import { type Ended, finish, finishLine, inShell, isBuilt, normtape } from './process.js';
import { SMALL, undisturbed, wholeSweep } from './sweeps.js';
import { numbersIn, wrongIn } from './whole.js';

/** Whether a system command succeeded. */
function works(file: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Fills a disk except for some pages of 4 kB. */
function fill(path: string, pages: number): void {
  rmSync(path, { force: true });
  try {
    for (;;) appendFileSync(path, Buffer.alloc(4096));
  } catch {
    truncateSync(path, Math.max(0, statSync(path).size - 4096 * pages));
  }
}

/**
 * The failed expectations about a sweep that could not save everything: it must print its ranking, give the reason in
 * one line, and exit with code 1.
 */
const printed = (what: string, { code, out, err }: Ended, reason: RegExp): readonly string[] => [
  ...(code === 1 ? [] : [`${what}: ends with ${code}`]),
  ...(out.includes('│ none') ? [] : [`${what}: prints no ranking`]),
  ...(err.split('\n').every((line) => line === '' || reason.test(line)) && err !== ''
    ? []
    : [`${what}: says ${err}`]),
];

/** A disk with room only for the record of some trainings. */
export const fullDisk: Fault = {
  name: 'a full disk (tmpfs)',
  async inflict(setting) {
    const disk = join(setting.place, 'disk');
    mkdirSync(disk);
    if (!works('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk)) {
      return { tried: 0, facts: '', findings: [], skipped: 'no tmpfs can be mounted here' };
    }
    try {
      const { numbers } = await wholeSweep(setting);
      // The folder can be made, and little more.
      fill(join(disk, 'ballast'), 16);
      const sweep = normtape('sweep', ...SMALL, '--out', disk, '--name', 'full');
      const folder = join(disk, 'full');
      const findings = [...printed('full', await finish(sweep), /a full disk/), ...wrongIn(disk)];
      fill(join(disk, 'ballast'), 0);
      const { code, err } = await finish(normtape('sweep', ...SMALL, '--out', disk, '--name', 'none'));
      if (code !== 1 || !/^.*a full disk"\.\n$/.test(err)) findings.push(`no room at all: ${code}, ${err}`);
      if (!works('mount', '-o', 'remount,size=8m', disk)) findings.push('the disk could not be enlarged');
      const resumed = await finish(normtape('sweep', '--resume', folder));
      if (resumed.code !== 0) findings.push(`resumed: ${resumed.code}, ${resumed.err}`);
      else if (numbersIn(folder) !== numbers) findings.push('resumed: other numbers');
      return {
        tried: 2,
        facts: 'ranking printed, reason given, resumed equal to the bit',
        findings: [...findings, ...wrongIn(disk)],
      };
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  },
};

/** A limit on the size of files, which needs no privileges: a file is cut where it would grow beyond the limit. */
export const fullQuota: Fault = {
  name: 'files that may not grow (ulimit -f)',
  async inflict(setting) {
    const { numbers } = await wholeSweep(setting);
    const { place } = setting;
    const words = normtape('sweep', ...SMALL, '--out', place, '--name', 'limited');
    const folder = join(place, 'limited');
    const limited = await finishLine(`ulimit -f 16; exec ${inShell(words)}`);
    const findings = [...printed('limited', limited, /a file larger than the limit/), ...wrongIn(place)];
    const resumed = await finish(words);
    if (resumed.code !== 0 || !resumed.out.includes('Resumed: '))
      findings.push(`resumed: ${resumed.code}, ${resumed.err}`);
    else if (numbersIn(folder) !== numbers) findings.push('resumed: other numbers');
    return {
      tried: 1,
      facts: 'ranking printed, reason given, resumed equal to the bit',
      findings: [...findings, ...wrongIn(place)],
    };
  },
};

/** Folders in place of files, and paths that cannot be written to. */
export const wrongPlaces: Fault = {
  name: 'folders in place of files, and paths that do not exist',
  async inflict(setting) {
    const { place } = setting;
    const { folder } = await undisturbed(setting);
    const findings: string[] = [];
    const files = ['report.html', 'results.json', 'results.csv'];
    for (const file of files) {
      rmSync(join(folder, file));
      mkdirSync(join(folder, file));
      const ended = await finish(normtape('sweep', '--resume', folder));
      findings.push(...printed(file, ended, /received "a folder"/));
      for (const other of files) {
        if (other !== file && !existsSync(join(folder, other)))
          findings.push(`${file}: ${other} is not written`);
      }
      rmSync(join(folder, file), { recursive: true });
      writeFileSync(join(folder, file), 'old');
    }
    const small = ['sweep', '--data', 'moons', '--norms', 'none', '--epochs', '1', '--seeds', '1'];
    const gone = join(place, 'gone');
    const places: Readonly<Record<string, string>> = {
      '--out /proc': `exec ${inShell(normtape(...small, '--out', '/proc'))}`,
      '--out /proc/self/x': `exec ${inShell(normtape('experiment', 'vision', '--out', '/proc/self/x'))}`,
      '--out /dev/null/x': `exec ${inShell(normtape(...small, '--out', '/dev/null/x'))}`,
      // The TypeScript loader needs a working folder.
      ...(isBuilt() && {
        'a working folder that was deleted': `mkdir ${gone}; cd ${gone}; rmdir ${gone}; exec ${inShell(normtape(...small))}`,
      }),
    };
    for (const [what, line] of Object.entries(places)) {
      const { code, err } = await finishLine(line);
      if (code !== 1 || !/^[^\n]+expected a folder that (?:can be written to|is there)[^\n]+\n$/.test(err)) {
        findings.push(`${what}: ${code}, ${err}`);
      }
    }
    return {
      tried: files.length + Object.keys(places).length,
      facts: 'all else is saved, one line says why',
      findings,
    };
  },
};

/** A read-only folder. */
export const readOnly: Fault = {
  name: 'a read-only folder',
  async inflict({ place }) {
    const disk = join(place, 'read-only');
    mkdirSync(disk);
    const isMounted = works('mount', '-t', 'tmpfs', '-o', 'ro', 'tmpfs', disk);
    if (!isMounted && process.getuid?.() === 0) {
      return {
        tried: 0,
        facts: '',
        findings: [],
        skipped: 'root may write everywhere, and nothing can be mounted',
      };
    }
    if (!isMounted) execFileSync('chmod', ['a-w', disk]);
    try {
      const args = ['sweep', '--data', 'moons', '--norms', 'none', '--out', disk];
      const { code, out, err } = await finish(normtape(...args));
      const isRight =
        code === 1 && out === '' && /^[^\n]+(no permission|read-only file system)"\.\n$/.test(err);
      return {
        tried: 1,
        facts: 'refused before work, in one line',
        findings: isRight ? [] : [`${code}, ${err}`],
      };
    } finally {
      if (isMounted) execFileSync('umount', ['-l', disk]);
      else execFileSync('chmod', ['u+w', disk]);
    }
  },
};
