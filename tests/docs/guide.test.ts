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
import { relativeTimes, withTimes } from '../../docs/times.js';

const page = readFileSync('docs/from-the-keras-guide.md', 'utf8');
const example = readFileSync('examples/05-from-config.ts', 'utf8');
const section = (title: string): string => page.split(/^## /m).find((text) => text.startsWith(title))!;

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

  it('has the presets of the example', () => {
    const names = ['standard', 'fast', 'stable_llm', 'constrained', 'efficient', 'normfree'];
    const rows = [...section('Presets').matchAll(/^\| `(\w+)` +\| `(\{.*\})` +\| +([\d.]+) \|$/gm)];
    expect(rows.map(([, name]) => name)).to.deep.equal(names);
    for (const [, name, config, time] of rows) {
      const json = config!.replaceAll(/(\w+): /g, '"$1": ').replaceAll("'", '"');
      const { type } = createNormalizationFromConfig(JSON.parse(json) as NormalizationConfig);
      expect(relativeTimes().get(type), name).to.equal(time);
      expect(example).to.include(`${name}: ${config!}, // time ${time}`);
    }
  });

  it('states the measured times, and so does the example', () => {
    expect([...relativeTimes().keys()]).to.have.members(normalizationTypes);
    expect(example.match(/\/\/ time [\d.]+/g)).to.have.length(9);
    for (const text of [page, example]) {
      expect(withTimes(text)).to.equal(text);
      const wrong = text.replace(/(\/\/ time |` \| +)[\d.]+/g, '$199');
      expect(withTimes(wrong).match(/\b99\b/g)).to.equal(null);
    }
  });
});
