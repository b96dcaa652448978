import type { Table } from './table.js';

/** Text escaped for HTML. */
export const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** JSON escaped for HTML. */
export const embed = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** Text that breaks only after commas: '0.91 ± 0.02, up to 13' never breaks between a number and its interval. */
const together = (text: string): string => text.replace(/(?<!,) /g, '\u00a0');

/** A table in HTML; the script of the page marks each row that has a name with the ink of its lines. */
export function tableMarkup({ columns, rows }: Table): string {
  const left = columns.map(({ align }) => align === 'left');
  const named = left.indexOf(true);
  const classed = (...names: readonly (string | false | undefined)[]): string => {
    const given = names.filter(Boolean).join(' ');
    return given && ` class="${given}"`;
  };
  const head = columns.map(
    ({ title }, i) =>
      `<th scope="col"${classed(left[i] && 'left', i === named && 'named')}>${escape(title)}</th>`,
  );
  const body = rows.map(({ cells, name, best = [], bad = [] }) => {
    const marked = name !== undefined;
    const row = cells.map((cell, i) => {
      const classes = [
        left[i] && 'left',
        i === named && 'named',
        best.includes(i) && 'best',
        bad.includes(i) && 'bad',
      ];
      const text = escape(left[i] ? cell : together(cell));
      return `<td${classed(...classes)}>${marked && i === named ? '<i></i>' : ''}${text}</td>`;
    });
    return `<tr${marked ? ` data-name="${escape(name)}"` : ''}>${row.join('')}</tr>`;
  });
  const table = `<table>\n<thead><tr>${head.join('')}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody>\n</table>`;
  // A table wider than the screen scrolls by itself, with keys too.
  return `<div class="wide" tabindex="0" role="region" aria-label="Table">\n${table}\n</div>`;
}

/** A list of terms and their values, in HTML. */
export const definitionsMarkup = (entries: Readonly<Record<string, unknown>>): string =>
  `<dl>\n${Object.entries(entries)
    .map(
      ([term, value]) =>
        `<dt>${escape(term)}</dt><dd>${escape(Array.isArray(value) ? value.join(', ') : String(value))}</dd>`,
    )
    .join('\n')}\n</dl>`;

/** A camelCase key as words: 'learningRate' becomes 'learning rate'. */
export const words = (key: string): string => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
