import uPlot from 'uplot';
import type { Line } from './series.js';

export interface Drawing {
  readonly title: string;
  readonly epochs: readonly number[];
  readonly lines: readonly Line[];
  /** A value in words. */
  show(value: number): string;
  /** Whether the scale is logarithmic. */
  readonly log?: boolean;
  /**
   * Whether the scale leaves out where lines come from in their first epochs, so that their ends can be told
   * apart.
   */
  readonly zoomed?: boolean;
}

/** A chart that can be told what to show. */
export interface Chart {
  /** Shows or hides the line of a variant. */
  toggle(variant: string, shown: boolean): void;
  /** Brings one variant out, or none. */
  focus(variant: string | undefined): void;
}

const HEIGHT = 260;
const INK = '#4b5563';
const GRID = { stroke: '#eef0f3', width: 1 };
const FONT = '12px system-ui, sans-serif';

/**
 * Draws lines over epochs into a section of the page; the pointer brings the nearest one out and names it.
 */
export function chart(
  section: string,
  { title, epochs, lines, show, log = false, zoomed = false }: Drawing,
): Chart {
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  const reading = document.createElement('span');
  caption.append(title, reading);
  figure.append(caption);
  document.querySelector(`#${section} .charts`)!.append(figure);

  const read = (plot: uPlot, series: number | null): void => {
    const line = series === null ? undefined : lines[series - 1];
    const epoch = plot.cursor.idx;
    const value = epoch === null || epoch === undefined ? undefined : line?.values[epoch];
    reading.textContent =
      line && typeof value === 'number' ? `${line.variant}, epoch ${epoch}: ${show(value)}` : '';
    reading.style.color = line?.color ?? '';
  };
  let nearest: number | null = null;

  const plot = new uPlot(
    {
      width: figure.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      scales: {
        x: { time: false },
        y: { ...(log && { distr: 3 }), ...(zoomed && { range: endsOf(lines) }) },
      },
      axes: [
        {
          stroke: INK,
          font: FONT,
          grid: { show: false },
          ticks: GRID,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500],
        },
        {
          stroke: INK,
          font: FONT,
          grid: GRID,
          ticks: { show: false },
          size: 58,
          values: (_, splits) =>
            splits.map((value) => (value === null ? '' : log ? String(value) : show(value))),
        },
      ],
      series: [
        {},
        ...lines.map(({ variant, color, dashed }) => ({
          label: variant,
          stroke: color,
          width: 1.75,
          points: { show: epochs.length < 3 },
          ...(dashed && { dash: [6, 4] }),
        })),
      ],
      focus: { alpha: 0.15 },
      cursor: { y: false, drag: { x: false, y: false }, focus: { prox: 24 }, points: { size: 6 } },
      hooks: {
        setSeries: [(self, series) => read(self, (nearest = series))],
        setCursor: [(self) => read(self, nearest)],
      },
    },
    [[...epochs], ...lines.map(({ values }) => [...values])],
    figure,
  );
  new ResizeObserver(() => plot.setSize({ width: figure.clientWidth, height: HEIGHT })).observe(figure);

  const indexOf = (variant: string): number => lines.findIndex((line) => line.variant === variant) + 1;
  return {
    toggle: (variant, shown) => plot.setSeries(indexOf(variant), { show: shown }),
    focus: (variant) => plot.setSeries(variant === undefined ? null : indexOf(variant), { focus: true }),
  };
}

/** From the least to the largest value after the first fifth of the epochs, with some air around them. */
function endsOf(lines: readonly Line[]): [number, number] {
  const values = lines.flatMap(({ values }) => values.slice(Math.ceil(values.length / 5)));
  const known = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const air = 0.05 * (most - least) || 0.01;
  return known.length === 0 ? [0, 1] : [least - air, most + air];
}
