import { createRequire } from 'node:module';

/** Whether a missing judge is a failure, as in CI, and not skipped. */
const isRequired = process.env['NORMTAPE_PEERS'] === 'required';

/**
 * A package of tests/peers that others are judged by; skips the tests of the suite, and says so, if it is not installed.
 */
export function judge(context: Mocha.Context, name: string): unknown {
  try {
    return createRequire(new URL('../package.json', import.meta.url))(name);
  } catch (error) {
    const hint = `${name} is missing: npm ci --prefix tests/peers installs it.`;
    if (isRequired) throw new Error(hint, { cause: error });
    console.log(`    skipped: ${hint}`);
    return context.skip();
  }
}
