import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as normtape from '../../src/index.js';
import { builtInNorms } from '../../src/norms/built-in.js';
import { DESCRIBING } from '../../src/norms/description.js';
import type { Norm } from '../../src/norms/norm.js';
import { exportOnnx } from '../../src/io/index.js';
import { whereBuilt } from './built.js';
import { bundledByEsbuild, bundlers } from './bundlers.js';

// In the files for bundlers, what describes a norm is a module apart from what computes it (scripts/descriptions.mjs).

const all: readonly Norm[] = Object.values(builtInNorms);

/** One sentence of each norm that nothing but its description holds. */
const sentences = all.map(({ about }) => about);

const COMPUTING = `export {
  createNormalizationLayer, createWeightNormalization, normalization, layerNorm, norms, weightNorms, tensor, vjp
} from 'normtape/js';`;

type Entry = typeof normtape;

describe('a description of a norm in a bundle', () => {
  before(whereBuilt('dist/index.js'));
  let folder: string;
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'normtape-bundle-'))));
  after(() => rmSync(folder, { recursive: true }));
  let bundles = 0;

  /** What a bundle of this program exports. */
  async function loaded(program: string): Promise<Entry> {
    const file = join(folder, `${bundles++}.mjs`);
    // An exported graph has the names of classes.
    writeFileSync(file, await bundledByEsbuild(program, { keepNames: true }));
    return (await import(pathToFileURL(file).href)) as Entry;
  }

  for (const [bundler, bundle] of Object.entries(bundlers)) {
    it(`is there if the program reads it, and only then, by ${bundler}`, async () => {
      const held = (code: string): readonly string[] => {
        const plain = code.replaceAll(
          /\\u(?:\{([\da-f]+)\}|([\da-f]{4}))|\\x([\da-f]{2})/gi,
          (_, ...digits) => String.fromCodePoint(parseInt(String(digits.slice(0, 3).find(Boolean)), 16)),
        );
        return sentences.filter((sentence) => plain.includes(sentence));
      };
      expect(held(await bundle(COMPUTING))).to.deep.equal([]);
      for (const name of ['getNormalizationInfo', 'chooseNormalization', 'languageRecipe'])
        expect(held(await bundle(`export { ${name} } from 'normtape/js';`)), name).to.deep.equal(sentences);
      expect(held(await bundle(`export { exportOnnx } from 'normtape/io';`))).to.deep.equal(sentences);
    }).timeout(120_000);
  }

  /** The first output for the x of the worked example of each norm, and its gradient, with the weights at their start. */
  const computed = ({ createNormalizationLayer, createWeightNormalization, tensor, vjp }: Entry) =>
    all.map(({ type, example: { x, inputs = {}, options } }) => {
      const make = (type in normtape.norms ? createNormalizationLayer : createWeightNormalization) as (
        type: string,
        options: object | undefined,
      ) => { forward(x: normtape.Tensor, beside: object): normtape.Tensor | [normtape.Tensor] };
      const layer = make(type, options);
      const wide = (nested: typeof x) => tensor(nested as number[], { dtype: 'float64' });
      const [given, beside] = [
        wide(x),
        Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, wide(v)])),
      ];
      const first = () => {
        const outputs = layer.forward(given, beside);
        return outputs instanceof Array ? outputs[0] : outputs;
      };
      const { value, pullback } = vjp(first);
      return { type, value: value.toArray(), dx: pullback(value).of(given)!.toArray() };
    });

  it('is not needed to compute: outputs and gradients have the same bits', async () => {
    const before = normtape.kernelInfo().kernels;
    normtape.setKernels('js');
    try {
      expect(computed(await loaded(COMPUTING))).to.deep.equal(computed(normtape));
    } finally {
      normtape.setKernels(before);
    }
  });

  it('that is not there is an error that says how to bring it, and no value', async () => {
    const { norms, weightNorms } = await loaded(COMPUTING);
    for (const norm of Object.values<Norm>({ ...norms, ...weightNorms })) {
      const stated = DESCRIBING.filter((field) => field in builtInNorms[norm.type as 'layer_norm']);
      expect(stated).to.include.members(['example', 'invariants', 'about']);
      expect(() => norm.invariants).to.throw(
        `${norm.type}.invariants: expected the descriptions of norms in this bundle, received "a bundle without them". ` +
          'Call getNormalizationInfo() in this program: then bundlers keep them.',
      );
      for (const field of stated) {
        // A field of texts that several definitions share stays where it is.
        if (Object.getOwnPropertyDescriptor(norm, field)?.value !== undefined) continue;
        expect(() => norm[field]).to.throw(`${norm.type}.${field}: expected the descriptions`);
      }
    }
  });

  it('that is not there hinders no norm that is made of another', async () => {
    const { layerNorm, normalization, tensor } = await loaded(COMPUTING);
    const mine = normalization({ ...layerNorm, type: 'mine' });
    expect(mine.forward(tensor([[0, 0]])).toArray()).to.deep.equal([[0, 0]]);
    expect(mine.toString()).to.match(/^mine /);
  });

  it('that is there is the one of the sources', async () => {
    const { norms, ...rest } = await loaded(
      "export { getNormalizationInfo, chooseNormalization, languageRecipe, norms } from 'normtape/js';",
    );
    expect(rest.getNormalizationInfo()).to.deep.equal(normtape.getNormalizationInfo());
    for (const priority of ['speed', 'stability', 'balanced'] as const)
      expect(rest.chooseNormalization(priority)).to.equal(normtape.chooseNormalization(priority));
    for (const [type, norm] of Object.entries<Norm>(norms)) {
      const source: Norm = builtInNorms[type as 'layer_norm'];
      expect(new Set(Object.keys(norm))).to.deep.equal(new Set(Object.keys(source)));
      expect(Object.keys(norm.invariants)).to.deep.equal(Object.keys(source.invariants));
      expect(norm.example).to.deep.equal(source.example);
      expect(rest.languageRecipe(type as 'layer_norm', 64)).to.deep.equal(
        normtape.languageRecipe(type as 'layer_norm', 64),
      );
    }
  });

  it('brings the formula to what is exported', async () => {
    const { written } = (await loaded(`
      import { createNormalizationLayer } from 'normtape/js';
      import { exportOnnx } from 'normtape/io';
      export function written() {
        const layer = createNormalizationLayer('rms_norm');
        layer.build([1, 2]);
        return exportOnnx(layer, { input: ['batch', 2] });
      }
    `)) as unknown as { written(): unknown };
    const layer = normtape.createNormalizationLayer('rms_norm');
    layer.build([1, 2]);
    expect(written()).to.deep.equal(exportOnnx(layer, { input: ['batch', 2] }));
  });
});
