import { expect } from 'chai';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { bar } from '../../src/cli/progress.js';
import { folder, say } from './support.js';

/** A name that clears the screen, reverses the reading order, and forges lines. */
const NASTY = 'a\u001b[2J\u009b1m\u202eb\u2066\u2028FORGED\u0085\nFORGED no mistakes\r\u0007\u007fz';
const ACTS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

describe('names from files', () => {
  const place = folder();
  // File systems accept such names too.
  const inside = join(place, NASTY);
  mkdirSync(inside);
  const written = (name: string, text: string): string => {
    const path = join(inside, name);
    writeFileSync(path, text);
    return path;
  };
  const quoted = JSON.stringify(NASTY);

  async function expectHarmless(args: readonly string[], ...hints: readonly string[]): Promise<string> {
    const { out, err } = await say(args);
    for (const line of `${out}\n${err}`.split('\n')) {
      expect(line, args.join(' ')).not.to.match(ACTS);
      expect(line, args.join(' ')).not.to.match(/^\W*FORGED/);
    }
    for (const hint of hints) expect(`${out}\n${err}`).to.include(hint);
    return `${out}\n${err}`;
  }

  it('are escaped by validate, for right and wrong files, as text and as JSON', async () => {
    for (const [i, text] of [
      `{${quoted}: {"type": "rms_norm"}}`,
      `{${quoted}: {"type": ${quoted}, "a": 1}, "b": {"type": "rms_norm", ${quoted}: 1, "axis": ${quoted}}}`,
      `{"a": {"type": "layer_norm", "gammaInitializer": {"type": ${quoted}}}, "b": {${quoted}: 2}}`,
      `{"type": "rms_norm", "name": ${quoted}}`,
      `{${quoted}: 1, ${quoted}: 2}`,
      `{"a": \u009b\u001b}`,
      `{"a" /* \u202e\n */: 1}`,
    ].entries()) {
      const file = written(`${i}.json`, text);
      await expectHarmless(['validate', file], '\\u001b[2J');
      const { out } = await say(['validate', file, '--json']);
      expect(out).not.to.match(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      if (i < 5) expect((JSON.parse(out) as { file: string }).file).to.equal(file);
    }
    await expectHarmless(['validate', join(inside, 'missing.json')]);
  });

  it('are escaped by sweep, its report and compare: names of configurations, columns, classes and runs', async () => {
    const rows = Array.from(
      { length: 24 },
      (_, i) => `${i % 5},${(i * 7) % 11},${i % 2 ? `"${NASTY}"` : 'b'}`,
    );
    const data = written('data.csv', [`x,"${NASTY}","la\u001b[2Jbel"`, ...rows].join('\n'));
    const config = written(
      'norms.json',
      `{${quoted}: {"type": "rms_norm"}, "b${NASTY.slice(0, 3)}": {"type": "layer_norm"}}`.replaceAll(
        '\u001b',
        '\\u001b',
      ),
    );
    const sweep = [
      'sweep',
      '--data',
      data,
      '--config',
      config,
      '--hidden',
      '4',
      '--epochs',
      '1',
      '--seeds',
      '2',
    ];
    const run = [...sweep, '--learning-rate', '0.01', '--out', join(inside, 'runs')];
    await expectHarmless([...run, '--name', 'first'], '\\u001b[2J', 'Report: ');
    await expectHarmless([...run, '--name', 'second', '--json']);
    await expectHarmless(['compare', 'first', 'second', '--out', join(inside, 'runs')], '\\u001b[2J');
    const [page] = readdirSync(join(inside, 'runs', 'first')).filter((name) => name.endsWith('.html'));
    const shown = readFileSync(join(inside, 'runs', 'first', page!), 'utf8').replace(
      /<script type="application\/json" id="results">.*?<\/script>/s,
      '',
    );
    const body = shown.slice(shown.indexOf('<body>')).replace(/<script>.*?<\/script>/s, '');
    expect(body).to.include('\\u001b[2J');
    expect(body).not.to.match(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);

    await expectHarmless([...run, '--target', NASTY]);
    await expectHarmless([...run, '--baseline', NASTY]);
    await expectHarmless(['sweep', '--data', written('empty.csv', `"${NASTY}"\n`)]);
    await expectHarmless(['sweep', '--data', join(inside, 'none.csv')]);
    await expectHarmless(['sweep', '--resume', join(inside, 'none')]);
    await expectHarmless(['compare', join(inside, 'a'), written('not-a-sweep.json', `{${quoted}: 1}`)]);
  });

  it('are escaped by commands that take norms', async () => {
    const script = written('norm.mjs', `export const ${'x'} = 1; throw new Error(${quoted});`);
    const file = written('options.json', `{"type": "rms_norm", ${quoted}: 1}`);
    for (const args of [
      ['info', NASTY],
      ['info', '--norms', script],
      ['verify', NASTY],
      ['verify', script],
      ['verify', 'rms_norm', '--only', NASTY],
      ['gradcheck', NASTY],
      ['gradcheck', 'rms_norm', '--config', file],
      ['gradcheck', 'rms_norm', '--config', `{${quoted}: ${quoted}}`],
      ['bench', NASTY],
      ['experiment', 'language', '--norms', NASTY, '--out', inside],
    ])
      await expectHarmless(args, '\\u001b[2J');
  });

  it('are escaped in a progress bar', async () => {
    const written: string[] = [];
    const screen = new Writable({
      write(chunk, _, done) {
        written.push(String(chunk));
        done();
      },
    });
    Object.assign(screen, { isTTY: true, columns: 200, cursorTo() {}, clearLine() {}, moveCursor() {} });
    const watcher = bar(1, { screen: screen as never });
    watcher.start(NASTY);
    watcher.step(0.5, NASTY);
    watcher.stop();
    expect(written.join('')).not.to.include('\u001b[2J');
    expect(written.join('')).not.to.match(/[\u009b\u202e]|\nFORGED/);
    expect(written.join('')).to.include('FORGED');
  });
});
