import uPlot from 'uplot';
import type { Drawings, Figure } from '../report/figure.js';
import { DASHES, inkOf } from './ink.js';
import { distinct, rangeOf } from './scale.js';
import { closed, stepAt } from './steps.js';
import { themed } from './theme.js';
import { powerLabels, powersOf, ticksOf } from './ticks.js';

/** A chart whose lines can be shown, hidden and highlighted. */
export interface Chart {
  /** Shows or hides the line of this name, if there is one. */
  toggle(name: string, shown: boolean): void;
  /** Highlights the line of this name, or none. */
  focus(name: string | undefined): void;
  /** Draws the chart again, with the current width and colors. */
  fit(): void;
}

const HEIGHT = 260;
const INK = (): string => themed('--muted');
const GRID = { stroke: () => themed('--grid'), width: 1 };
const INCREMENTS = [-3, -2, -1, 0, 1, 2, 3, 4].flatMap((power) => [1, 2, 5].map((k) => k * 10 ** power));
const FONT = '12px system-ui, sans-serif';

/** Formats a value with some digits more than usual. */
const SHOW: Readonly<Record<Figure['format'], (value: number, more?: number) => string>> = {
  plain: (x, more = 0) => x.toPrecision(3 + more),
  percent: (share, more = 0) => `${(100 * share).toFixed(1 + more)} %`,
};

const showPlace = (x: number): string => (Number.isInteger(x) ? String(x) : x.toPrecision(3));

/** Draws a figure into its section of the page; the pointer highlights the nearest line and shows its value. */
export function chart(
  {
    section,
    title,
    x,
    axis,
    lines,
    format,
    log = false,
    zoomed = false,
    stepped,
  }: Drawings['figures'][number],
  drawings: Drawings,
): Chart {
  const show = SHOW[format];
  const drawn = log ? powersOf(lines) : lines;
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  const reading = document.createElement('span');
  caption.append(title, reading);
  figure.append(caption);
  document.querySelector(`#${section} .charts`)!.append(figure);

  const read = (plot: uPlot, series: number | null): void => {
    const line = series === null ? undefined : lines[series - 1];
    const place = series === null ? undefined : plot.cursor.idxs?.[series];
    const value = place === null || place === undefined ? undefined : line?.values[place];
    reading.textContent =
      line && typeof value === 'number'
        ? `${line.name}, ${axis} ${showPlace(x[place!]!)}: ${show(value)}`
        : '';
    reading.style.color = line ? `var(${inkOf(drawings, line.name).variable})` : '';
  };
  let nearest: number | null = null;

  const plot = new uPlot(
    {
      width: figure.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      scales: {
        x: { time: false },
        y: zoomed || log ? { range: rangeOf(drawn, zoomed ? 1 / 5 : 0) } : {},
      },
      axes: [
        {
          stroke: INK,
          font: FONT,
          size: 32,
          label: axis,
          labelFont: FONT,
          labelSize: 20,
          labelGap: 0,
          grid: { show: false },
          ticks: GRID,
          incrs: INCREMENTS.filter((step) => step >= 1 || !x.every(Number.isInteger)),
        },
        {
          stroke: INK,
          font: FONT,
          grid: GRID,
          ticks: { show: false },
          size: 58,
          ...(log && { splits: (_, __, least, most) => ticksOf(least, most) }),
          values: (_, ticks) => (log ? powerLabels(ticks) : distinct(ticks, show)),
        },
      ],
      series: [
        {},
        ...lines.map(({ name }) => {
          const { variable, stroke } = inkOf(drawings, name);
          return {
            label: name,
            stroke: () => themed(variable),
            width: 1.75,
            points: { show: x.length < 3 },
            dash: [...DASHES[stroke]],
            ...(stepped && { paths: uPlot.paths.stepped!({ align: 1 }) }),
          };
        }),
      ],
      focus: { alpha: 0.15 },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        focus: { prox: 24 },
        points: { size: 6 },
        ...(stepped && { dataIdx: (_, __, nearest, at) => stepAt(x, nearest, at) }),
      },
      hooks: {
        setSeries: [(self, series) => read(self, (nearest = series))],
        setCursor: [(self) => read(self, nearest)],
      },
    },
    stepped ? closed(x, drawn) : [[...x], ...drawn.map(({ values }) => [...values])],
    figure,
  );
  const fit = (): void => {
    plot.setSize({ width: figure.clientWidth, height: HEIGHT });
    plot.redraw();
  };
  new ResizeObserver(fit).observe(figure);

  const indexOf = (name: string): number => lines.findIndex((line) => line.name === name) + 1;
  return {
    toggle: (name, shown) => {
      if (indexOf(name) > 0) plot.setSeries(indexOf(name), { show: shown });
    },
    fit,
    focus: (name) => plot.setSeries((name !== undefined && indexOf(name)) || null, { focus: true }),
  };
}
