import type { Table } from './table.js';

/** Text that no browser takes for markup. */
export const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** JSON that no browser takes for markup. */
export const embed = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** Text that is broken behind its commas alone: '0.91 ± 0.02, up to 13' never between a number and its spread. */
const together = (text: string): string => text.replace(/(?<!,) /g, '\u00a0');

/** A table for the page; the script gives the rows that have a name the ink of their lines. */
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
  // What is wider than the screen is moved by itself, by keys too.
  return `<div class="wide" tabindex="0" role="region" aria-label="Table">\n${table}\n</div>`;
}

/** Terms and what they mean. */
export const definitionsMarkup = (entries: Readonly<Record<string, unknown>>): string =>
  `<dl>\n${Object.entries(entries)
    .map(
      ([term, value]) =>
        `<dt>${escape(term)}</dt><dd>${escape(Array.isArray(value) ? value.join(', ') : String(value))}</dd>`,
    )
    .join('\n')}\n</dl>`;

/** 'learningRate' becomes 'learning rate'. */
export const words = (key: string): string => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
