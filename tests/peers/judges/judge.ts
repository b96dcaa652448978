import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

/** Whether a missing judge is a failure, as in CI, and not skipped. */
const isRequired = process.env['NORMTAPE_PEERS'] === 'required';

export const PYTHON = process.env['PYTHON'] ?? '/usr/bin/python3';

/** A package of tests/peers that others are judged by; skips the tests of the suite, and says so, if it is not installed. */
export function judge(context: Mocha.Context, name: string): unknown {
  try {
    return createRequire(new URL('../package.json', import.meta.url))(name);
  } catch (error) {
    return missing(context, hintFor(name), error);
  }
}

const hintFor = (name: string): string => `${name} is missing: npm ci --prefix tests/peers installs it.`;

/** The same for a package that is an ES module alone. */
export async function importedJudge(context: Mocha.Context, name: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (error) {
    return missing(context, hintFor(name), error);
  }
}

/** The same for a module of Python. */
export function demandPython(context: Mocha.Context, module: string): void {
  if (spawnSync(PYTHON, ['-c', `import ${module}`]).status === 0) return;
  missing(context, `${PYTHON} has no ${module}: apt-get install python3-${module} installs it on Debian.`);
}

function missing(context: Mocha.Context, hint: string, cause?: unknown): never {
  if (isRequired) throw new Error(hint, { cause });
  console.log(`    skipped: ${hint}`);
  return context.skip();
}
