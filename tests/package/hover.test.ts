import { expect } from 'chai';
import { type NormalizationType, normalizationTypes, norms } from '../../src/index.js';
import type { Norm } from '../../src/norms/norm.js';
import { commentOf } from '../../src/option/index.js';
import { whereBuilt } from './built.js';
import { Declarations } from './hover.js';

const ENTRIES = ['index', 'data/index', 'io/index', 'train/index', 'verify/index'].map(
  (name) => `dist/${name}.d.ts`,
);

/** Functions and types that several calls share; TypeScript shows no comment on an `export *` namespace. */
const isNamespace = (name: string): boolean => name.startsWith('"');

/** Spellings for JSON files: TypeScript copies no comment from an option to a property of another name. */
const isJsonSpelling = (name: string): boolean => name.split('.').at(-1)!.includes('_');

describe('the comments that an editor shows on hover', () => {
  before(whereBuilt('dist/index.d.ts'));

  let declarations: Declarations;
  before(function () {
    this.timeout(120_000);
    declarations = new Declarations(ENTRIES);
  });

  it('exist for every public name', () => {
    const silent = declarations.exports().filter(({ name, comment }) => !comment && !isNamespace(name));
    expect(silent.map(({ name }) => name)).to.deep.equal([]);
    expect(declarations.exports()).to.have.length.above(250);
  });

  it('exist for every option of every function and constructor', () => {
    const options = declarations.options();
    const silent = options.filter(({ name, comment }) => !comment && !isJsonSpelling(name));
    expect(silent.map(({ name }) => name)).to.deep.equal([]);
    expect(options).to.have.length.above(500);
  });

  it('repeat the definition of every option of every norm, with demand and default', () => {
    const shown = declarations.normalizationOptions(normalizationTypes);
    for (const type of normalizationTypes) {
      const { options }: Norm = norms[type];
      const comments = new Map(shown.get(type)!.map(({ name, comment }) => [name, comment]));
      for (const [name, option] of Object.entries(options))
        expect(comments.get(name), `${type}.${name}`).to.equal(commentOf(option));
      expect(comments.get('name'), type).to.equal('The name of the layer. Default: its type.');
      expect(comments.get('eps'), type).to.equal('Another name of `epsilon`; give one of both.');
    }
  });

  it('state the demand and the default of common options', () => {
    const shown = new Map(declarations.options().map(({ name, comment }) => [name, comment]));
    for (const [name, comment] of [
      ['SGD: given.learningRate', 'How far a step goes. Takes a finite number from 0. Default: 0.01.'],
      ['Adam: options.learningRate', 'How far a step goes. Takes a finite number from 0. Default: 0.001.'],
      [
        'fit: options.epochs',
        'How often training goes through the data. Takes a whole number from 1. Default: 1.',
      ],
      [
        'Dropout: options.seed',
        'Of the masks; left out, one is drawn. Takes an integer. Left out, one is drawn.',
      ],
      [
        'crossEntropy: given.ignoreIndex',
        'An integer label that does not count; left out, there is none. Takes a whole number. Left out by default.',
      ],
    ] as const)
      expect(shown.get(name), name).to.equal(comment);
  });
});

describe('the comment of an option', () => {
  it('states its purpose, its demand and its default', () => {
    const { epsilon } = norms.layer_norm.options;
    expect(commentOf(epsilon)).to.equal(
      'Added to the variance to avoid division by zero. Takes a finite number above 0. Default: 0.000001.',
    );
    for (const type of normalizationTypes satisfies readonly NormalizationType[])
      for (const option of Object.values((norms[type] as Norm).options))
        expect(commentOf(option))
          .to.include(option.about)
          .and.match(/Default: |Left out/);
  });
});
