import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import * as main from '../../src/index.js';
import { reportText, verifyModule } from '../../src/verify/index.js';
import { layers } from './samples.js';

type Layer = new (...args: readonly unknown[]) => main.Module;

/** The layers that the library exports from src/nn. */
const exported = [...readFileSync('src/js.ts', 'utf8').matchAll(/export \{([^}]*)\} from '\.\/nn\//g)]
  .flatMap(([, names]) => names!.match(/\b(?<!type )[A-Z]\w*/g) ?? [])
  .map((name) => [name, (main as Readonly<Record<string, unknown>>)[name]] as const)
  .filter((entry): entry is [string, Layer] => (entry[1] as Layer).prototype instanceof main.Module);

describe('every layer', () => {
  for (const [name, Layer] of exported) {
    it(`keeps what a module owes: ${name}`, function () {
      this.timeout(60_000);
      expect(layers, 'tests/nn/samples.ts').to.include.keys(name);
      const { args, input } = layers[name]!;
      const layer = new Layer(...args());
      const [x, ...rest] = input();
      expect(layer.forward(x as never, ...(rest as never[]))).to.be.instanceOf(main.Tensor);
      // Indices have no gradient to check.
      if (!(x instanceof main.Tensor)) return;
      const report = verifyModule(new Layer(...args()), { input: x.shape, runs: 5, seed: 1 });
      expect(report.ok, reportText(report)).to.equal(true);
    });
  }

  it('has a sample, and no sample is of what is gone', () => {
    expect(Object.keys(layers)).to.have.members(exported.map(([name]) => name));
  });
});
