import type { Results } from '../sweep/results.js';
import type { Chart } from './chart.js';
import { inkOf } from './series.js';

/** One legend for all charts: pointing at a variant brings it out, a click shows or hides it. */
export function legend(results: Results, charts: readonly Chart[]): void {
  const list = document.getElementById('legend')!;
  results.ranking.forEach(({ variant }, place) => {
    const { color, dashed } = inkOf(results, place);
    const swatch = document.createElement('i');
    swatch.style.borderTop = `3px ${dashed ? 'dashed' : 'solid'} ${color}`;
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('aria-pressed', 'true');
    button.append(swatch, variant);
    button.addEventListener('click', () => {
      const shown = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(shown));
      for (const chart of charts) chart.toggle(variant, shown);
    });
    button.addEventListener('pointerenter', () => charts.forEach((chart) => chart.focus(variant)));
    button.addEventListener('pointerleave', () => charts.forEach((chart) => chart.focus(undefined)));
    list.append(button);
  });
  document.querySelectorAll<HTMLElement>('#ranking tbody tr').forEach((row, place) => {
    const { color, dashed } = inkOf(results, place);
    row.querySelector<HTMLElement>('i')!.style.borderTop = `3px ${dashed ? 'dashed' : 'solid'} ${color}`;
  });
}
