import type { Drawings } from '../report/figure.js';
import type { Chart } from './chart.js';
import { inkOf } from './ink.js';

/** Makes one legend for all charts: pointing at a name highlights its lines, a click shows or hides them. */
export function legend(drawings: Drawings, charts: readonly Chart[]): void {
  const stroke = (mark: HTMLElement, name: string): void => {
    const { variable, stroke } = inkOf(drawings, name);
    mark.style.borderTop = `${stroke === 'double' ? 5 : 3}px ${stroke} var(${variable})`;
  };
  const list = document.getElementById('legend');
  for (const name of list ? drawings.names : []) {
    const swatch = document.createElement('i');
    stroke(swatch, name);
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('aria-pressed', 'true');
    button.append(swatch, name);
    button.addEventListener('click', () => {
      const shown = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(shown));
      for (const chart of charts) chart.toggle(name, shown);
    });
    button.addEventListener('pointerenter', () => charts.forEach((chart) => chart.focus(name)));
    button.addEventListener('pointerleave', () => charts.forEach((chart) => chart.focus(undefined)));
    list!.append(button);
  }
  document
    .querySelectorAll<HTMLElement>('tr[data-name]')
    .forEach((row) => stroke(row.querySelector<HTMLElement>('i')!, row.dataset['name']!));
}
