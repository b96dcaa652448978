import type { Results } from '../sweep/results.js';
import { chart } from './chart.js';
import { legend } from './legend.js';
import { curves, epochsOf } from './series.js';

// The report's script: draws the results that lie in the page beside it. It runs in a browser, from disk.
const results = JSON.parse(document.getElementById('results')!.textContent) as Results;
const epochs = epochsOf(results);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const plain = (x: number): string => x.toPrecision(3);

const charts = [
  chart('accuracy', {
    title: 'Test accuracy',
    epochs,
    lines: curves(results, ({ accuracy }) => accuracy),
    show: percent,
    zoomed: true,
  }),
  chart('accuracy', {
    title: 'Training accuracy',
    epochs,
    lines: curves(results, ({ trainAccuracy }) => trainAccuracy),
    show: percent,
    zoomed: true,
  }),
  chart('loss', {
    title: 'Test loss',
    epochs,
    lines: curves(results, ({ loss }) => loss),
    show: plain,
    log: true,
  }),
  chart('loss', {
    title: 'Training loss',
    epochs,
    lines: curves(results, ({ trainLoss }) => trainLoss),
    show: plain,
    log: true,
  }),
  ...results.settings.hidden.flatMap((units, i) => [
    chart('activations', {
      title: `Hidden layer ${i + 1} (${units}): RMS`,
      epochs,
      lines: curves(results, ({ layers }) => layers[i]?.rms),
      show: plain,
    }),
    chart('activations', {
      title: `Hidden layer ${i + 1} (${units}): mean`,
      epochs,
      lines: curves(results, ({ layers }) => layers[i]?.mean),
      show: plain,
    }),
  ]),
];

legend(results, charts);
document.documentElement.dataset['drawn'] = String(charts.length);
