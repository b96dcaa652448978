import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { normalizationTypes } from '../../src/index.js';
import { folder, say } from './support.js';

describe('validate', () => {
  const place = folder();
  const types = normalizationTypes.join(', ');

  /** Its output for a file with this content, without the path of the file. */
  async function verdict(content: string) {
    const file = join(place, 'file.json');
    writeFileSync(file, content);
    const { code, out, err } = await say(['validate', file]);
    return { code, out: out.replaceAll(file, 'file.json'), err: err.replaceAll(file, 'file.json') };
  }

  it('accepts one configuration, and a dictionary of them, in either spelling', async () => {
    const one = { type: 'rms_norm', use_scale: false, eps: 1e-5 };
    const more = { a: one, b: { type: 'rms_norm', useScale: true }, type: { type: 'layer_norm' } };
    expect(await verdict(JSON.stringify(one))).to.deep.equal({
      code: 0,
      out: 'file.json: 1 configuration, no mistakes.',
      err: '',
    });
    expect((await verdict(JSON.stringify(more))).out).to.equal('file.json: 3 configurations, no mistakes.');
  });

  it('lists every mistake at once, each with its path in the file', async () => {
    const { code, out } = await verdict(
      JSON.stringify({
        llm: { type: 'zero_centered_rms_nrom' },
        fast: { type: 'rms_norm', use_scal: true, eps: -1 },
        both: { type: 'layer_norm', epsilon: 1e-5, eps: 1e-6 },
        part: { type: 'layer_norm', gamma_initializer: { type: 'constant', valeu: 1 } },
        deep: { type: 'layer_norm', gamma_initializer: { type: 'random_normal', stddev: -1 } },
        plain: { type: 'dynamic_tanh', epsilon: 1e-6 },
        typo: { typ: 'rms_norm' },
        five: 5,
      }),
    );
    expect(code).to.equal(1);
    expect(out.split('\n')).to.deep.equal([
      `file.json: llm.type: expected one of ${types}, received "zero_centered_rms_nrom". Did you mean zero_centered_rms_norm?`,
      'file.json: fast.use_scal: expected one of the options name, axis, epsilon, epsilonPlacement, useScale, scaleInitializer, offset, useBias, biasInitializer, received "use_scal". Did you mean useScale?',
      'file.json: fast.eps: expected a finite number above 0, received -1.',
      'file.json: both.epsilon: expected one spelling of the option, received ["epsilon","eps"].',
      'file.json: part.gamma_initializer.valeu: expected one of the options value, received "valeu". Did you mean value?',
      'file.json: deep.gamma_initializer.stddev: expected a finite number from 0, received -1.',
      'file.json: plain.epsilon: expected one of the options name, axis, alphaInitValue, kernelInitializer, biasInitializer, kernelRegularizer, biasRegularizer, kernelConstraint, biasConstraint, received "epsilon". DynamicTanh divides by nothing, so it has no epsilon.',
      `file.json: typo: expected a type among ${types}, received {"typ":"rms_norm"}. Did you mean type instead of typ?`,
      'file.json: five: expected an object with a type, received 5.',
      '9 mistakes.',
    ]);
  });

  it('prints the same as JSON', async () => {
    const file = join(place, 'machine.json');
    writeFileSync(file, '{"type":"rms_norm","epsilon":"small"}');
    const { code, out } = await say(['validate', file, '--json']);
    expect(code).to.equal(1);
    expect(JSON.parse(out)).to.deep.equal({
      file,
      valid: false,
      mistakes: [{ where: `${file}: epsilon`, expected: 'a finite number above 0', received: 'small' }],
    });
  });

  const unreadable: Readonly<Record<string, readonly [string, string]>> = {
    'a comma too many': [
      '{\n  "type": "rms_norm",\n}',
      'file.json: line 3, column 1: expected JSON, received "}".',
    ],
    'an end too soon': [
      '{\n  "type": ',
      'file.json: line 2, column 11: expected JSON, received "the end of the file".',
    ],
    'an empty file': ['', 'file.json: line 1, column 1: expected JSON, received "the end of the file".'],
  };
  for (const [name, [content, message]] of Object.entries(unreadable)) {
    it(`reports where a file is not JSON: ${name}`, async () => {
      expect(await verdict(content)).to.deep.equal({ code: 1, out: '', err: message });
    });
  }

  it('rejects JSON that is not a configuration', async () => {
    for (const content of ['[]', '5', 'null', '"rms_norm"']) {
      expect((await verdict(content)).out).to.equal(
        `file.json: expected a configuration with a type, or a dictionary of named ones, received ${content}.\n1 mistake.`,
      );
    }
    expect((await verdict('{}')).out).to.include(
      'file.json: expected at least one configuration, received {}.',
    );
  });

  it('lists repeated keys among the other mistakes', async () => {
    const { code, out } = await verdict('{"a": {"type": "rms_norm"},\n"b": 5,\n"a": {"type": "layer_norm"}}');
    expect([code, out]).to.deep.equal([
      1,
      'file.json: line 3: expected each key once in an object, received "a". ' +
        'Line 1 has the same key, and only one of the two would count.\n' +
        'file.json: b: expected an object with a type, received 5.\n2 mistakes.',
    ]);
  });

  it('reports one mistake for a wrong type, a wrong number, or too many options', async () => {
    const part = '{"type": "layer_norm", "gammaInitializer": {"type": {"toString": 1}}}';
    expect((await verdict(part)).out).to.match(
      /^file\.json: gammaInitializer: .*\{"toString":1\}\}\.\n1 mistake\.$/,
    );
    expect((await verdict(`{"type": "${'x'.repeat(2e6)}"}`)).out).to.match(/received "x+…\.\n1 mistake\.$/);
    expect((await verdict('{"type": "rms_norm", "epsilon": 1e999}')).out).to.match(/received Infinity\./);
    const many = Array.from({ length: 2000 }, (_, i) => `"o${i}": 1`).join(',');
    expect((await verdict(`{"type": "rms_norm", ${many}}`)).out).to.equal(
      'file.json: expected at most 1000 options, received 2000.\n1 mistake.',
    );
  });

  it('prints long and infinite values as text in JSON', async () => {
    const file = join(place, 'long.json');
    writeFileSync(file, `{"a": [${'1,'.repeat(5000)}1], "b": {"type": "rms_norm", "epsilon": 1e999}}`);
    const { mistakes } = JSON.parse((await say(['validate', file, '--json'])).out) as {
      mistakes: readonly { received: unknown }[];
    };
    expect(mistakes.map(({ received }) => String(received).length)).to.deep.equal([1001, 8]);
    expect(mistakes[1]!.received).to.equal('Infinity');
  });

  it('reports a file that it cannot read', async () => {
    const missing = join(place, 'missing.json');
    expect(await say(['validate', missing])).to.deep.equal({
      code: 1,
      out: '',
      err: `${missing}: expected a file that can be read, received "no such file or folder".`,
    });
    expect((await say(['validate', place])).err).to.equal(
      `${place}: expected a file that can be read, received "a folder".`,
    );
  });
});
