import { expect } from 'chai';
import fc from 'fast-check';
import { isTexts } from '../../src/demand.js';
import {
  aliasesOf,
  axes,
  axis,
  camelCase,
  choice,
  completed,
  demand,
  flag,
  number,
  numberOrNull,
  part,
  read,
  resolve,
  resolvePart,
  seed,
  snakeCase,
  text,
} from '../../src/option/index.js';

const shapes = {
  plain: { about: 'Nothing to set.', options: {} },
  round: {
    about: 'With a radius.',
    options: { innerRadius: number(1, 'How far.', { above: 0, explore: [1, 2] }) },
  },
};

const options = {
  learningRate: number(0.1, 'How far.', { above: 0, max: 1, explore: [0.1, 1], aliases: ['rate'] }),
  count: number(3, 'How many.', { min: 1, below: 9, whole: true, explore: [1, 8] }),
  useBias: flag(true, 'Whether.'),
  mode: choice('fast', 'Which.', ['fast', 'slow']),
  axis: axis(-1, 'Where.'),
  axes: axes([0, 1], 'Where.'),
  label: text('x', 'What.'),
  seed: seed('From where.'),
  shape: part(shapes, 'plain', 'What form.'),
};

const words = (given: unknown): string[] =>
  read('it', options, given).mistakes.map(({ where, expected, received, hint }) =>
    [where, expected, JSON.stringify(received), hint].join(' | '),
  );

describe('options', () => {
  it('fill in what is left out, and what is undefined', () => {
    const { values, mistakes } = read('it', options, { mode: undefined });
    expect(mistakes).to.deep.equal([]);
    expect(values).to.deep.equal({
      learningRate: 0.1,
      count: 3,
      useBias: true,
      mode: 'fast',
      axis: -1,
      axes: [0, 1],
      label: 'x',
      seed: undefined,
      shape: 'plain',
    });
  });

  it('are read in both spellings and by their aliases, never twice', () => {
    for (const key of ['learningRate', 'learning_rate', 'rate']) {
      expect(read('it', options, { [key]: 0.5 }).values.learningRate).to.equal(0.5);
    }
    expect(words({ learning_rate: 0.5, rate: 0.5 })).to.deep.equal([
      'it.learningRate | one spelling of the option | ["learning_rate","rate"] | ',
    ]);
    expect(aliasesOf(options.learningRate)).to.deep.equal(['rate']);
  });

  it('are refused one by one, each with what it would take', () => {
    const wrong = {
      learningRate: 0,
      count: 2.5,
      useBias: 1,
      mode: 'faster',
      axis: 0.5,
      axes: [],
      label: 3,
      seed: 0.1,
      shape: 'rond',
      biass: true,
    };
    expect(words(wrong)).to.deep.equal([
      'it.learningRate | a finite number above 0 and up to 1 | 0 | ',
      'it.count | a whole number from 1 and below 9 | 2.5 | ',
      'it.useBias | true or false | 1 | ',
      'it.mode | one of fast, slow | "faster" | ',
      'it.axis | an integer axis | 0.5 | ',
      'it.axes | an integer axis or a list of them | [] | ',
      'it.label | a string | 3 | ',
      'it.seed | an integer | 0.1 | ',
      'it.shape | one of plain, round, or an object of such a type and its options | "rond" | Did you mean round?',
      'it | one of the options learningRate, count, useBias, mode, axis, axes, label, seed, shape | "biass" | ',
    ]);
    expect(words({ usebias: true })[0]).to.match(/Did you mean useBias\?$/);
    expect(words([])).to.deep.equal(['it | a plain object of options | [] | ']);
    expect(words(null)).to.have.length(1);
  });

  it('hold numbers to their bounds, with ends that are in or out', () => {
    const fits = (value: unknown) => words({ count: value }).length === 0;
    fc.assert(
      fc.property(fc.integer({ min: -20, max: 20 }), (n) => {
        expect(fits(n)).to.equal(n >= 1 && n < 9);
      }),
    );
    for (const value of [NaN, Infinity, -Infinity, '3', true, null, [3]]) expect(fits(value)).to.equal(false);
    const rate = (value: number) => words({ rate: value }).length === 0;
    expect([0, 1e-300, 1, 1 + 1e-9].map(rate)).to.deep.equal([false, true, true, false]);
  });

  it('take null for no number, where they say so', () => {
    const limits = { most: numberOrNull(2, 'How far.', { min: 1, explore: [1, 3] }) };
    for (const value of [null, 1, 2.5]) {
      const { values, mistakes } = read('it', limits, { most: value });
      expect([values.most, mistakes.length]).to.deep.equal([value, 0]);
    }
    expect(read('it', limits, {}).values.most).to.equal(2);
    for (const value of [0.5, NaN, 'null', [2]])
      expect(read('it', limits, { most: value }).mistakes[0]!.expected).to.equal(
        'a finite number from 1, or null',
      );
  });

  it('take parts by name or with options of their own, kept in camelCase', () => {
    const shape = (given: unknown) => read('it', options, { shape: given });
    expect(shape('round').values.shape).to.equal('round');
    expect(shape({ type: 'round', inner_radius: 2 }).values.shape).to.deep.equal({
      type: 'round',
      innerRadius: 2,
    });
    expect(shape({ type: 'round' }).values.shape).to.deep.equal({ type: 'round' });
    expect(shape({ type: 'round', innerRadius: -1 }).mistakes[0]).to.deep.include({
      where: 'it.shape.innerRadius',
      expected: 'a finite number above 0',
      received: -1,
    });
    expect(shape({ type: 'plain', innerRadius: 1 }).mistakes[0]!.expected).to.equal('no options');
    for (const wrong of [{ type: 'constructor' }, { innerRadius: 1 }, 3, null, ['round']]) {
      expect(shape(wrong).mistakes, JSON.stringify(wrong)).to.have.length(1);
    }
    expect(resolvePart('it', shapes, { type: 'round' }).options).to.deep.equal({ innerRadius: 1 });
    expect(() => resolvePart('it', shapes, 'rond')).to.throw('Did you mean round?');
  });

  it('let a part that is only named have options that differ from the defaults in an object', () => {
    const elastic = { about: '', options: { pull: number(0, '', { explore: [0, 1] }) }, bare: { pull: 3 } };
    expect(resolvePart('it', { elastic }, 'elastic').options).to.deep.equal({ pull: 3 });
    expect(resolvePart('it', { elastic }, { type: 'elastic' }).options).to.deep.equal({ pull: 0 });
  });

  it('are copied, so that a list given once cannot change later', () => {
    const list = [1, 2];
    const { values } = read('it', options, { axes: list });
    list.push(3);
    expect(values.axes).to.deep.equal([1, 2]);
  });

  it('are refused at the first hole of a list, which may have billions', () => {
    let looks = 0;
    const holes = new Proxy(new Array<number>(2 ** 32 - 1), {
      get(list, key) {
        looks++;
        if (looks > 100) throw new Error('a list is read beyond its first hole');
        return Reflect.get(list, key) as unknown;
      },
    });
    const { mistakes } = read('it', options, { axes: holes });
    expect(mistakes.map(({ where, expected }) => `${where}: ${expected}`)).to.deep.equal([
      'it.axes: an integer axis or a list of them',
    ]);
    expect(looks).to.be.below(20);
    looks = 0;
    expect(isTexts(holes)).to.equal(false);
    expect(looks).to.be.below(20);
  });

  it('resolve to values, or throw the first mistake', () => {
    expect(resolve('it', options, { count: 5 }).count).to.equal(5);
    expect(() => resolve('it', options, { count: 0, axis: 0.5 })).to.throw(
      'it.count: expected a whole number from 1 and below 9, received 0.',
    );
  });

  it('say their demand in words', () => {
    for (const option of Object.values(options)) expect(demand(option)).to.be.a('string').that.is.not.empty;
  });

  it('change spelling there and back', () => {
    const name = fc.array(fc.stringMatching(/^[a-z][a-z0-9]{0,4}$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(name, (parts) => {
        fc.pre(parts.every((p, i) => i === 0 || /^[a-z]/.test(p)));
        const snake = parts.join('_');
        expect(snakeCase(camelCase(snake))).to.equal(snake);
      }),
    );
  });
});

describe('completing what was given', () => {
  it('fills in what was not stated, in either spelling', () => {
    const fallbacks = { innerRadius: null, outerRadius: 2 };
    const filled = (given: object) =>
      completed('ring', given as { innerRadius?: number; outerRadius?: number }, fallbacks);
    expect(filled({})).to.deep.equal({ innerRadius: null, outerRadius: 2 });
    expect(filled({ innerRadius: 1, outerRadius: undefined })).to.deep.equal({
      innerRadius: 1,
      outerRadius: 2,
    });
    expect(filled({ inner_radius: 1, outer_radius: 3 })).to.deep.equal({ inner_radius: 1, outer_radius: 3 });
    expect(() => completed('ring', [] as object, {})).to.throw(
      'ring: expected a plain object of options, received [].',
    );
  });
});
