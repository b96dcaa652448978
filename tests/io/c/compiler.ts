import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Skips the tests of the suite, and says so, if there is no compiler of C; in CI that is a failure, as for other judges. */
export function demandCompiler(context: Mocha.Context): void {
  if (spawnSync('gcc', ['--version']).status === 0) return;
  if (process.env['NORMTAPE_PEERS'] === 'required') throw new Error('gcc is missing');
  console.log('    skipped: gcc is missing.');
  context.skip();
}

/** A header, and the numbers that its function is given and gives. */
export interface Header {
  readonly name: string;
  readonly text: string;
  readonly input: ArrayLike<number>;
  readonly isInteger?: boolean;
  /** The names of the outputs; `output` by default. */
  readonly outputs?: readonly string[];
}

const FLAGS = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-O1', '-ffp-contract=off'];

/** Compiles headers into one program, and runs it: the outputs of each, and the sizes of its memory in bytes. */
export function ran(headers: readonly Header[], flags: readonly string[] = []) {
  const place = mkdtempSync(join(tmpdir(), 'normtape-c-'));
  try {
    const calls = headers.map(({ name, input, isInteger, outputs = ['output'] }) => {
      const upper = name.toUpperCase();
      const numbers = Array.from(input, (value) =>
        isInteger ? String(value) : `${Math.fround(value).toPrecision(17)}f`,
      );
      return [
        `  { const ${isInteger ? 'int' : 'float'} input[${upper}_INPUT_SIZE] = { ${numbers.join(', ')} };`,
        ...outputs.map((output) => `    float ${output}[${upper}_${output.toUpperCase()}_SIZE];`),
        `    printf("%d %d", (int)${upper}_CONSTANT_BYTES, (int)${upper}_MEMORY_BYTES);`,
        ...Array<string>(2).fill(`    ${name}_predict(${['input', ...outputs].join(', ')});`),
        ...outputs.map(
          (output) =>
            `    for (int i = 0; i < ${upper}_${output.toUpperCase()}_SIZE; i++) printf(" %.9g", ${output}[i]);`,
        ),
        '    printf("\\n"); }',
      ].join('\n');
    });
    for (const { name, text } of headers) writeFileSync(join(place, `${name}.h`), text);
    const source = [
      '#include <stdio.h>',
      ...headers.map(({ name }) => `#include "${name}.h"`),
      'int main(void) {',
      ...calls,
      '  return 0;',
      '}',
    ].join('\n');
    writeFileSync(join(place, 'main.c'), source);
    const program = join(place, 'main');
    execFileSync('gcc', [...FLAGS, ...flags, join(place, 'main.c'), '-o', program, '-lm'], { stdio: 'pipe' });
    const lines = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');
    return lines.map((line) => {
      const [constants, memory, ...outputs] = line.split(' ').map(numberIn);
      return { constants: constants!, memory: memory!, outputs: outputs.map(Math.fround) };
    });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** The distance of two floats in units in the last place of the second, or of numbers of its `scale` if it is smaller. */
export function apart(a: number, b: number, scale = 2 ** -126): number {
  if (Object.is(a, b) || a === b) return 0;
  const size = Math.max(Math.abs(b), scale);
  return Math.abs(a - b) / 2 ** (Math.floor(Math.log2(size)) - 23);
}

const numberIn = (text: string): number => {
  const special = /(-?)(inf|nan)$/.exec(text);
  if (!special) return Number(text);
  return special[2] === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity;
};
