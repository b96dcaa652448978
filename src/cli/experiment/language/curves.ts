import { bitsPerCharacter } from '../../../train/index.js';
import type { Figure } from '../../report/figure.js';
import type { Point, Run } from './run.js';

type Quantity = (point: Point) => number | undefined;

/** A figure of one quantity of each variant over the steps: the mean over the seeds that got so far. */
function figure(
  variants: readonly string[],
  runs: readonly Run[],
  title: string,
  quantity: Quantity,
  look: Partial<Figure> = {},
): Figure {
  const x = [...new Set(runs.flatMap(({ points }) => points.map(({ step }) => step)))].sort((a, b) => a - b);
  const lines = variants.map((name) => {
    const own = runs.filter(({ variant }) => variant === name);
    const values = x.map((step) => {
      const known = own
        .flatMap(({ points }) => points.filter((point) => point.step === step))
        .flatMap((point) => quantity(point) ?? [])
        .filter(Number.isFinite);
      return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
    });
    return { name, values };
  });
  return { title, x, axis: 'step', lines, format: 'plain', ...look };
}

/** The figures of models of one depth. */
export function curvesOf(variants: readonly string[], runs: readonly Run[], layers: number) {
  const draw = (title: string, quantity: Quantity, look: Partial<Figure> = {}): Figure =>
    figure(variants, runs, title, quantity, look);
  const bits = (loss: number | undefined): number | undefined =>
    loss === undefined ? undefined : bitsPerCharacter(loss);
  const blocks = Array.from({ length: layers }, (_, block) => block);
  return {
    loss: [
      draw('Held-out text: bits per character', ({ loss }) => bits(loss), { zoomed: true }),
      draw('Training: bits per character', ({ trainLoss }) => bits(trainLoss), { zoomed: true }),
    ],
    gradients: [
      draw('All gradients together', ({ gradients }) => gradients, { log: true }),
      ...blocks.map((i) =>
        draw(`Block ${i + 1}`, ({ blockGradients }) => blockGradients?.[i], { log: true }),
      ),
    ],
    activations: blocks.map((i) =>
      draw(`Block ${i + 1}`, ({ activations }) => activations[i], { log: true }),
    ),
  };
}
