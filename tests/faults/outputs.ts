import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './fault.js';
import { finishLine, inShell, normtape, pause, start } from './process.js';
import { SMALL } from './sweeps.js';
import { wrongIn } from './whole.js';

/** Readers that stop, and outputs that are full or closed. */
export const closedOutputs: Fault = {
  name: 'outputs that are closed or full',
  async inflict({ place }) {
    const findings: string[] = [];
    const sweep = (name: string): string =>
      inShell(normtape('sweep', ...SMALL, '--out', place, '--name', name));
    const info = inShell(normtape('info', '--json'));
    const FULL = 'standard output: expected a place that can be written to, received "a full disk".\n';
    // Each line prints the exit code of the command.
    const lines: Readonly<Record<string, readonly [line: string, code: string, err: string]>> = {
      'info > /dev/full': [`${info} >/dev/full; echo $?`, '1', FULL],
      'validate > /dev/full': [
        `${inShell(normtape('validate', 'package.json'))} >/dev/full; echo $?`,
        '1',
        FULL,
      ],
      'sweep > /dev/full': [`${sweep('full')} >/dev/full; echo $?`, '1', FULL],
      'sweep 2> /dev/full': [`${sweep('mute')} >/dev/null 2>/dev/full; echo $?`, '0', ''],
      'sweep >&-': [`${sweep('closed')} >&- ; echo $?`, '0', ''],
    };
    for (const [what, [line, code, err]] of Object.entries(lines)) {
      const said = await finishLine(line);
      if (said.out.trim() !== code || said.err !== err)
        findings.push(`${what}: ${said.out.trim()}, ${said.err}`);
    }
    for (const args of [
      ['info', '--json'],
      ['sweep', ...SMALL, '--out', place, '--name', 'cut', '--csv'],
    ]) {
      const { child, ended } = start(normtape(...args));
      child.stdout!.once('data', () => child.stdout!.destroy());
      const { code, err } = await ended;
      if (code !== 0 || err !== '') findings.push(`${args[0]} | head -1: ${code}, ${err}`);
    }
    for (const name of ['full', 'mute', 'closed', 'cut']) {
      const files = ['results.json', 'results.csv', 'report.html'];
      for (const file of files) {
        if (!existsSync(join(place, name, file))) findings.push(`${name}: ${file} is lost`);
      }
    }
    findings.push(...wrongIn(place));
    return { tried: Object.keys(lines).length + 2, facts: 'right exit codes, all files whole', findings };
  },
};

/** Whether the cursor is visible after this output: the last escape sequence decides. */
const isShown = (told: string): boolean => told.lastIndexOf('\x1b[?25h') >= told.lastIndexOf('\x1b[?25l');

/** Ctrl-C once or twice in a terminal where a progress bar hides the cursor. */
export const cursor: Fault = {
  name: 'Ctrl-C in a terminal, once and twice',
  async inflict({ place }) {
    const findings: string[] = [];
    const probe = await finishLine('script -qec true /dev/null');
    if (probe.code !== 0)
      return { tried: 0, facts: '', findings, skipped: 'no command script, which opens a terminal' };
    for (const times of [1, 2]) {
      const pid = join(place, `pid-${times}`);
      const words = normtape('sweep', ...SMALL, '--seeds', '500', '--out', place, '--name', `bar-${times}`);
      const line = `echo $$ > ${pid}; exec ${inShell(words)}`;
      const { ended } = start(['script', '-qec', line, '/dev/null']);
      for (const at = performance.now(); performance.now() - at < 60_000; await pause(0.2)) {
        if (existsSync(join(place, `bar-${times}`, 'trainings.jsonl'))) break;
      }
      await pause(1);
      const number = Number(readFileSync(pid, 'utf8'));
      for (let i = 0; i < times; i++) process.kill(number, 'SIGINT');
      const { code, out } = await ended;
      if (!out.includes('\x1b[?25l')) findings.push(`Ctrl-C × ${times}: no bar hid the cursor`);
      if (!isShown(out)) findings.push(`Ctrl-C × ${times}: the cursor stays hidden`);
      if (code !== 130) findings.push(`Ctrl-C × ${times}: ends with ${code}`);
    }
    return { tried: 2, facts: 'the cursor is shown, exit code 130', findings };
  },
};
