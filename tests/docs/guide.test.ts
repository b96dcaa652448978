import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import * as normtape from '../../src/index.js';
import {
  type NormalizationConfig,
  createNormalizationFromConfig,
  getNormalizationInfo,
  normalizationTypes,
} from '../../src/index.js';
import { snakeCase } from '../../src/option/index.js';

const page = readFileSync('docs/from-the-keras-guide.md', 'utf8');
const example = readFileSync('examples/05-from-config.ts', 'utf8');
const section = (title: string): string => page.split(/^## /m).find((text) => text.startsWith(title))!;

/** The rank of each type by time, from the page of measurements. */
const places = new Map(
  [...readFileSync('docs/benchmarks.md', 'utf8').matchAll(/^\| (\d+)\. `(\w+)`/gm)].map(([, place, type]) => [
    type!,
    Number(place),
  ]),
);

describe('the page on the Keras factory guide', () => {
  it('names only existing functions', () => {
    const names = [...section('Functions').matchAll(/`(\w+)\(/g)].map(([, name]) => name!);
    const ours = names.filter((name) => /[A-Z]/.test(name) && name in normtape);
    expect(ours).to.include.members([
      'createNormalizationLayer',
      'createNormalizationFromConfig',
      'validateNormalizationConfig',
      'checkNormalizationConfig',
      'getNormalizationInfo',
    ]);
  });

  it('has a row for every type, with weights and options that the type has', () => {
    const info = getNormalizationInfo();
    const rows = section('Types')
      .split('\n')
      .filter((line) => line.startsWith('| ['));
    const listed = new Set<string>();
    for (const row of rows) {
      const [, types = '', options = '', weights = ''] = row.split('|');
      for (const [, type] of types.matchAll(/\[`(\w+)`\]/g)) {
        listed.add(type!);
        const about = info[type as keyof typeof info];
        const own = [...Object.entries(about.options)]
          .flatMap(([name, { aliases }]) => [name, ...aliases])
          .map(snakeCase);
        for (const [, name] of options.matchAll(/`(\w+)`/g))
          if (name !== 'model_type') expect(own, type).to.include(name);
        expect(
          [...weights.matchAll(/`(\w+)`/g)].map(([, name]) => name),
          type,
        ).to.deep.equal(Object.keys(about.weights));
      }
    }
    // The guide knows all types but those that were added since.
    expect(listed.size).to.equal(14);
    expect(normalizationTypes).to.include.members([...listed]);
  });

  it('has the presets of the example, with their measured ranks', () => {
    const names = ['standard', 'fast', 'stable_llm', 'constrained', 'efficient', 'normfree'];
    const rows = [...section('Presets').matchAll(/^\| `(\w+)` +\| `(\{.*\})` +\| +(\d+) \|$/gm)];
    expect(rows.map(([, name]) => name)).to.deep.equal(names);
    for (const [, name, config, place] of rows) {
      const json = config!.replaceAll(/(\w+): /g, '"$1": ').replaceAll("'", '"');
      const { type } = createNormalizationFromConfig(JSON.parse(json) as NormalizationConfig);
      expect(Number(place), name).to.equal(places.get(type));
      expect(example).to.include(`${name}: ${config!}, // place ${place} of ${places.size}`);
    }
  });

  it('agrees with the measurements, and so does the example', () => {
    const remarks = [...example.matchAll(/type: '(\w+)'.*\/\/ place (\d+) of (\d+)/g)];
    expect(remarks).to.have.length(9);
    for (const [, type, place, count] of remarks)
      expect([Number(place), Number(count)], type).to.deep.equal([places.get(type!), places.size]);
  });
});
