import type { Context } from 'mocha';

// A suite that is red already is not asked again: what is left of it is skipped.

const suites = (JSON.parse(process.env['SUITES'] ?? '[]') as readonly string[]).map(
  (only) => new RegExp(only),
);
const red = new Set<RegExp>();
const suiteOf = ({ currentTest }: Context): RegExp | undefined =>
  suites.find((only) => only.test(currentTest!.fullTitle()));

export const mochaHooks = {
  beforeEach(this: Context) {
    const suite = suiteOf(this);
    if (suite && red.has(suite)) this.skip();
  },
  afterEach(this: Context) {
    const suite = suiteOf(this);
    if (suite && this.currentTest!.state === 'failed') red.add(suite);
  },
};
