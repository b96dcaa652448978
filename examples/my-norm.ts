// Your own norm in a file, which commands accept in place of a type:
// npx normtape sweep --norms ./examples/my-norm.ts,layer_norm
import { array, formulas, laws, norm, option, parts } from 'normtape';

export const meanAbsoluteNorm = norm({
  type: 'mean_absolute_norm',
  title: 'Mean absolute norm',
  about: 'Divides by the mean magnitude, which a single large number moves less than a root mean square.',
  useCase: 'Inputs with outliers.',
  reference: { authors: 'You', title: 'An example', year: 2025, url: 'https://example.org' },

  options: {
    axis: option.axes(-1, 'The axes that share one mean magnitude.'),
    epsilon: option.epsilon('Added to the mean magnitude to avoid division by zero.'),
    gammaInitializer: option.initializer('ones', 'Initializer of γ.'),
  },

  parameters: {
    gamma: {
      about: 'The gain γ.',
      symbol: 'γ',
      sizes: 'the sizes of the axes, ascending',
      shape: (input, { axis }) => array.along(input, axis),
      initial: ({ gammaInitializer }) => gammaInitializer,
    },
  },

  formula(math, x, { gamma }, { axis, epsilon }) {
    const size = math.name('N', math.add(math.mean(math.abs(x), axis), epsilon));
    const unit = math.name('x̂', math.div(x, size));
    return { outputs: [formulas.learned(math, unit, axis, gamma)] };
  },

  /**
   * The gradients of γ, x̂ and x, from dy; the n numbers of a group share one N.
   *
   *     dγ = Σ dy x̂
   *     dx̂ = γ dy                      y = γ x̂
   *     dN = −Σ dx̂ x̂ / N               x̂ = x / N
   *     dx = dx̂ / N + sign(x) dN / n   N = mean(|x|) + ε
   *        = (dx̂ − sign(x) mean(dx̂ x̂)) / N
   */
  apply(x, { gamma }, { axis, epsilon }) {
    const size = array.map(array.mean(array.map(x, Math.abs), axis), (magnitude) => magnitude + epsilon);
    const unit = array.div(x, size);
    const learned = parts.affine(unit, axis, gamma);
    return {
      value: learned.value,
      pullback(gradient) {
        const { x: g, gain } = learned.pullback(gradient);
        const radial = array.mul(array.map(x, Math.sign), array.mean(array.mul(g, unit), axis));
        return { x: array.div(array.sub(g, radial), size), gamma: gain };
      },
    };
  },

  kinks: (x) => Math.min(...array.flat(array.map(x, Math.abs))),
  example: { x: [[3, -1, 0, 4]], parameters: { gamma: [1, 2, 3, 4] }, y: [[1.5, -1, 0, 8]] },
  invariants: { keepsShape: laws.keepsShape, oddFunction: laws.oddFunction, samplesApart: laws.samplesApart },
});
