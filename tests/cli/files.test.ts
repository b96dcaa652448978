import { expect } from 'chai';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimFolder } from '../../src/cli/claim.js';
import { readText, writeWhole } from '../../src/cli/files.js';
import { readJson } from '../../src/cli/read-json.js';
import { folder } from './support.js';

describe('files', () => {
  const place = folder();

  it('are written completely, in a new folder if needed', () => {
    const path = join(place, 'deep', 'down', 'file.txt');
    writeWhole(path, 'first');
    writeWhole(path, 'second');
    expect(readText(path)).to.equal('second');
    expect(readdirSync(join(place, 'deep', 'down'))).to.deep.equal(['file.txt']);
  });

  it('leave no drafts if they cannot be written', () => {
    const path = join(place, 'taken');
    mkdirSync(join(path, 'inside'), { recursive: true });
    const before = readdirSync(place);
    expect(() => writeWhole(path, 'text')).to.throw(
      `${path}: expected a place that can be written to, received "a folder".`,
    );
    expect(readdirSync(place)).to.deep.equal(before);

    const file = join(place, 'file');
    writeFileSync(file, 'kept');
    expect(() => writeWhole(join(file, 'below'), 'text')).to.throw('expected a place that can be written to');
    expect(() => claimFolder(file, 'below')).to.throw(
      `${join(file, 'below')}: expected a folder that can be written to, received "a file or folder of the same name".`,
    );
    expect(readFileSync(file, 'utf8')).to.equal('kept');
  });

  it('of JSON are read, or rejected with the line and column of the mistake', () => {
    const path = join(place, 'file.json');
    writeFileSync(path, '{"a": [1, 2]}');
    expect(readJson(path)).to.deep.equal({ a: [1, 2] });
    writeFileSync(path, '{"a":\n [1, 2}');
    expect(() => readJson(path)).to.throw(`${path}: line 2, column 7: expected JSON, received "}".`);
  });
});
