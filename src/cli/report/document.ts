import { escaped } from '../../escape.js';
import { linesOf } from '../terminal.js';
import { type Assets, assets } from './assets.js';
import type { Drawings, Figure } from './figure.js';
import { definitionsMarkup, embed, escape, tableMarkup } from './markup.js';
import type { Table } from './table.js';

/** A section of the page; sections are shown in the order given. */
export interface Section {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly note?: string;
  readonly table?: Table;
  readonly figures?: readonly Figure[];
  readonly definitions?: Readonly<Record<string, unknown>>;
  /** Preformatted texts, each under its title. */
  readonly texts?: readonly { readonly title?: string; readonly text: string }[];
}

/** The content of a report. */
export interface Report {
  readonly title: string;
  /** The command that made it. */
  readonly command: string;
  readonly summary: string;
  readonly warnings: readonly string[];
  /** The names of the lines, in the order of the legend. */
  readonly names: readonly string[];
  readonly baseline?: string | undefined;
  readonly sections: readonly Section[];
  /** The results, which the page holds as JSON for programs. */
  readonly results: unknown;
}

/** The HTML page of a report: one file that needs no other file and no network. */
export async function report({ results, ...shown }: Report): Promise<string> {
  return page({ ...inWords(shown), results }, await assets());
}

/**
 * Escapes the control characters in all texts of the content, some of which reverse the reading order; line breaks are
 * kept.
 */
function inWords<A>(content: A): A {
  if (typeof content === 'string') return linesOf(content).map(escaped).join('\n') as A;
  if (Array.isArray(content)) return content.map(inWords) as A;
  if (typeof content !== 'object' || content === null) return content;
  return Object.fromEntries(Object.entries(content).map(([key, item]) => [inWords(key), inWords(item)])) as A;
}

function page(content: Report, { script, style }: Assets): string {
  const { title, command, summary, warnings, names, baseline, sections, results } = content;
  const figures = sections.flatMap(({ id, figures = [] }) => figures.map((f) => ({ ...f, section: id })));
  const drawings: Drawings = { names, baseline, figures };
  const drawn = sections.findIndex(({ figures = [] }) => figures.length > 0);
  const parts = sections.map((section, i) => `${i === drawn ? LEGEND : ''}${sectionMarkup(section)}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escape(title)} – normtape ${command}</title>
<style>${style.trim()}</style>
</head>
<body>
<header>
<h1>${escape(title)}</h1>
<p>${escape(summary)}</p>
${warnings.map((warning) => `<p class="warning">${escape(warning)}</p>`).join('\n')}
</header>
${parts.join('\n')}
<script type="application/json" id="results">${embed(results)}</script>
<script type="application/json" id="drawings">${embed(drawings)}</script>
<script>${script.trim().replaceAll('</script', '<\\/script')}</script>
</body>
</html>
`;
}

const LEGEND = '<nav id="legend" aria-label="Lines"></nav>\n';

function sectionMarkup({ id, title, note, table, figures, definitions, texts = [] }: Section): string {
  const parts = [
    `<h2>${escape(title)}</h2>`,
    note && `<p class="note">${escape(note)}</p>`,
    table && tableMarkup(table),
    figures && '<div class="charts"></div>',
    definitions && definitionsMarkup(definitions),
    ...texts.map(
      ({ title, text }) => `${title ? `<h3>${escape(title)}</h3>` : ''}<pre>${escape(text)}</pre>`,
    ),
  ];
  return `<section id="${id}">\n${parts.filter(Boolean).join('\n')}\n</section>`;
}
