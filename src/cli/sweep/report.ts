import { getNormalizationInfo } from '../../norms/normalizations.js';
import { camelCase, isPlainObject } from '../../option/index.js';
import { type Assets, assets } from './assets.js';
import { type Rank, type Results, summary } from './results.js';
import { COLUMNS, rowsOf } from './table.js';

/** The page that shows a sweep: one file that needs no other, and asks no network. */
export const report = async (results: Results): Promise<string> => page(results, await assets());

function page(results: Results, { script, style }: Assets): string {
  const { name, created, data, settings, ranking, interrupted, versions } = results;
  const warnings = [
    interrupted ? 'Interrupted: only the runs that had come to their end are shown.' : undefined,
    ranking.some(({ diverged }) => diverged > 0)
      ? 'Some runs diverged: accuracy and loss are those of the others, and curves end where the runs did.'
      : undefined,
  ].filter((warning) => warning !== undefined);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escape(name)} – normtape sweep</title>
<style>${style.trim()}</style>
</head>
<body>
<header>
<h1>${escape(name)}</h1>
<p>${escape(summary(results))}</p>
${warnings.map((warning) => `<p class="warning">${escape(warning)}</p>`).join('\n')}
</header>
<section id="ranking">
<h2>Ranking</h2>
<p class="note">Mean ± standard deviation over seeds, on the test samples after the last epoch. The time of a step is compared with that of no normalization.</p>
${rankingTable(ranking)}
</section>
<nav id="legend" aria-label="Normalizations"></nav>
${section('accuracy', 'Accuracy', 'Mean over seeds. Training accuracy is that of the steps as they were made.')}
${section('loss', 'Loss', 'Cross entropy, mean over seeds, on a logarithmic scale.')}
${section('activations', 'Activations', 'What the hidden layers pass on for the test samples: after normalization and activation.')}
<section id="configuration">
<h2>Configuration</h2>
<dl>
${definitions({
  data: data.source,
  samples: `${data.trainSamples} to train with, ${data.testSamples} to test`,
  features: String(data.features),
  classes: data.classes.join(', '),
  ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [words(key), String(value)])),
  ...versions,
  created,
})}
</dl>
<pre>${escape(configurations(results))}</pre>
</section>
<script type="application/json" id="results">${embed(results)}</script>
<script>${script.trim().replaceAll('</script', '<\\/script')}</script>
</body>
</html>
`;
}

const section = (id: string, title: string, note: string): string =>
  `<section id="${id}">\n<h2>${title}</h2>\n<p class="note">${note}</p>\n<div class="charts"></div>\n</section>`;

function rankingTable(ranking: readonly Rank[]): string {
  const head = COLUMNS.map((title) => `<th scope="col">${title}</th>`).join('');
  const rows = rowsOf(ranking).map((cells, i) => {
    const [place, variant, accuracy, ...rest] = cells.map(escape);
    const best = i === 0 ? ' class="best"' : '';
    const others = rest.map((cell, j) => {
      const bad = j === rest.length - 1 && ranking[i]!.diverged > 0;
      return `<td${bad ? ' class="bad"' : ''}>${cell}</td>`;
    });
    return `<tr><td>${place}</td><td><i></i>${variant}</td><td${best}>${accuracy}</td>${others.join('')}</tr>`;
  });
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table>`;
}

/** Every variant with all its options, the defaults filled in. */
function configurations({ variants }: Results): string {
  const known: Readonly<
    Record<string, { readonly options: Readonly<Record<string, { readonly default: unknown }>> }>
  > = getNormalizationInfo();
  const lines = variants.map(({ name, config: { type, ...given } }) => {
    const options = Object.entries(known[type]?.options ?? {}).map(([key, option]) => [key, option.default]);
    const stated = Object.entries(given).map(([key, value]) => [camelCase(key), inCamelCase(value)]);
    const whole = JSON.stringify({ type, ...Object.fromEntries([...options, ...stated]) }, undefined, 1);
    return `${JSON.stringify(name)}: ${whole.replace(/\n */g, ' ')}`;
  });
  return `{\n  ${lines.join(',\n  ')}\n}`;
}

const inCamelCase = (value: unknown): unknown =>
  isPlainObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [camelCase(key), item]))
    : value;

const definitions = (entries: Readonly<Record<string, string>>): string =>
  Object.entries(entries)
    .map(([term, text]) => `<dt>${escape(term)}</dt><dd>${escape(text)}</dd>`)
    .join('\n');

const words = (key: string): string => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** JSON that no browser takes for markup. */
const embed = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');
