import { readFileSync } from 'node:fs';

/** The numbers of an input, from its file. */
export function read({ path }) {
  const { buffer } = Uint8Array.from(readFileSync(path));
  return new Float32Array(buffer);
}

/** The class of a row in the MLP task: any rule that all contenders share. */
export const label = (row) => (row * 7) % 10;

/** The character at a place of a row of text, in a language that can be learned: any rule that all contenders share. */
export const character = (row, place, vocabulary) => (row * 11 + place * (place + row)) % vocabulary;

/** The characters of a batch of texts, [batch, context], and those that follow each, row by row. */
export function texts({ batch, context, vocabulary }) {
  const read = (offset) =>
    Int32Array.from({ length: batch * context }, (_, i) =>
      character(Math.floor(i / context), (i % context) + offset, vocabulary),
    );
  return { tokens: read(0), labels: read(1) };
}

/** The classes of some rows, as rows of zeros and a one. */
export function hot(classes, count) {
  const rows = new Float32Array(classes.length * count);
  classes.forEach((each, row) => (rows[row * count + each] = 1));
  return rows;
}

/** The classes of the rows of the MLP and image tasks. */
export const labels = (rows) => Array.from({ length: rows }, (_, row) => label(row));

/** A mask to add to scores, row by row: −∞ for the keys that come after a query, 0 for the others. */
export const later = (queries, keys, hidden = -Infinity) =>
  Float32Array.from({ length: queries * keys }, (_, i) =>
    i % keys > Math.floor(i / keys) + keys - queries ? hidden : 0,
  );
