import uPlot from 'uplot';
import type { Drawings, Figure, Line } from '../report/figure.js';
import { inkOf } from './ink.js';
import { closed, stepAt } from './steps.js';
import { powersOf, showPower, ticksOf } from './ticks.js';

/** A chart that can be told what to show. */
export interface Chart {
  /** Shows or hides the line of a name, where there is one. */
  toggle(name: string, shown: boolean): void;
  /** Brings the line of one name out, or none. */
  focus(name: string | undefined): void;
}

const HEIGHT = 260;
const INK = '#4b5563';
const GRID = { stroke: '#eef0f3', width: 1 };
const INCREMENTS = [-3, -2, -1, 0, 1, 2, 3, 4].flatMap((power) => [1, 2, 5].map((k) => k * 10 ** power));
const FONT = '12px system-ui, sans-serif';

const SHOW: Readonly<Record<Figure['format'], (value: number) => string>> = {
  plain: (x) => x.toPrecision(3),
  percent: (share) => `${(100 * share).toFixed(1)} %`,
};

const showPlace = (x: number): string => (Number.isInteger(x) ? String(x) : x.toPrecision(3));

/** Draws a figure into its section of the page; the pointer brings the nearest line out and names it. */
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
    reading.style.color = line ? inkOf(drawings, line.name).color : '';
  };
  let nearest: number | null = null;

  const plot = new uPlot(
    {
      width: figure.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      scales: {
        x: { time: false },
        y: zoomed ? { range: endsOf(drawn) } : {},
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
          values: (_, ticks) => ticks.map(log ? showPower : show),
        },
      ],
      series: [
        {},
        ...lines.map(({ name }) => {
          const { color, dashed } = inkOf(drawings, name);
          return {
            label: name,
            stroke: color,
            width: 1.75,
            points: { show: x.length < 3 },
            ...(dashed && { dash: [6, 4] }),
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
  new ResizeObserver(() => plot.setSize({ width: figure.clientWidth, height: HEIGHT })).observe(figure);

  const indexOf = (name: string): number => lines.findIndex((line) => line.name === name) + 1;
  return {
    toggle: (name, shown) => {
      if (indexOf(name) > 0) plot.setSeries(indexOf(name), { show: shown });
    },
    focus: (name) => plot.setSeries((name !== undefined && indexOf(name)) || null, { focus: true }),
  };
}

/** From the least to the largest value after the first fifth, with some air around them. */
function endsOf(lines: readonly Line[]): [number, number] {
  const values = lines.flatMap(({ values }) => values.slice(Math.ceil(values.length / 5)));
  const known = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const air = 0.05 * (most - least) || 0.01;
  return known.length === 0 ? [0, 1] : [least - air, most + air];
}
