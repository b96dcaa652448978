import { expect } from 'chai';
import fc from 'fast-check';
import { NormtapeError, suggest } from '../src/error.js';

const message = (received: unknown, hint?: string) =>
  new NormtapeError({ where: 'here', expected: 'a thing', received, hint }).message;

describe('an error', () => {
  it('has one grammar, whatever the received value', () => {
    expect(message(3)).to.equal('here: expected a thing, received 3.');
    expect(message('3', 'Do this.')).to.equal('here: expected a thing, received "3". Do this.');
    expect(message(NaN)).to.match(/received NaN\.$/);
    expect(message(-Infinity)).to.match(/received -Infinity\.$/);
    expect(message(undefined)).to.match(/received undefined\.$/);
    expect(message(10n)).to.match(/received 10\.$/);
    expect(message([1, null])).to.match(/received \[1,null\]\.$/);
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(message(circle)).to.match(/received \{"self":itself\}\.$/);
  });

  it('cuts a long received value', () => {
    expect(message(Array<number>(100_000).fill(7)).length).to.be.below(300);
    expect(message('x'.repeat(150))).to.include('x'.repeat(150));
  });

  it('keeps its parts as data', () => {
    const error = new NormtapeError({ where: 'here', expected: 'a thing', received: 3, hint: 'Do this.' });
    expect(error.report).to.deep.equal({ where: 'here', expected: 'a thing', received: 3, hint: 'Do this.' });
    expect(error).to.be.instanceOf(Error).with.property('name', 'NormtapeError');
  });
});

describe('suggest', () => {
  const known = ['layer_norm', 'rms_norm', 'batch_norm', 'epsilon'];

  it('finds the nearest word', () => {
    const meant = (word: unknown) => suggest(word, known);
    expect(meant('rmsnorm')).to.equal('Did you mean rms_norm?');
    expect(meant('LayerNorm')).to.equal('Did you mean layer_norm?');
    expect(meant('layer_normalization')).to.equal('Did you mean layer_norm?');
    expect(meant('batch')).to.equal('Did you mean batch_norm?');
    expect(meant('epsilom')).to.equal('Did you mean epsilon?');
    expect(meant('eqsilom')).to.equal('Did you mean epsilon?');
    expect(meant('eqsi1om')).to.equal(undefined);
    expect(meant('x')).to.equal(undefined);
    expect(meant('')).to.equal(undefined);
    expect(meant(3)).to.equal(undefined);
  });

  it('finds a word after any two changes', () => {
    const change = fc.record({ at: fc.nat(6), to: fc.constantFrom('', 'z', 'zz') });
    fc.assert(
      fc.property(change, (edit) => {
        const word = 'epsilon';
        const changed = word.slice(0, edit.at) + edit.to + word.slice(edit.at + 1);
        expect(suggest(changed, known)).to.equal('Did you mean epsilon?');
      }),
    );
  });
});
