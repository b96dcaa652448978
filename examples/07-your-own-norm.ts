// A norm of your own in one file: its options, its weight, its formula with a hand-derived pullback, its laws.
import * as normtape from 'normtape';
import { Dense, SGD, Sequential, array, gradcheck, laws, mean, option, parts, relu, square } from 'normtape';

const meanAbsoluteNorm = normtape.norm({
  type: 'mean_absolute_norm',
  title: 'Mean absolute norm',
  about: 'Divides by the mean magnitude, which a single large number moves less than a root mean square.',
  useCase: 'Inputs with outliers.',
  formula: String.raw`y = \gamma \odot \hat x, \qquad \hat x = x / n, \qquad n = \overline{|x|} + \varepsilon`,
  reference: { authors: 'You', title: 'An example', year: 2025, url: 'https://example.org' },

  options: {
    axis: option.axes(-1, 'The axes that share one mean magnitude.'),
    epsilon: option.epsilon('Added to the mean magnitude, so that zeros stay finite.'),
    gammaInitializer: option.initializer('ones', 'How γ starts.'),
  },

  parameters: {
    gamma: {
      about: 'The gain γ.',
      sizes: 'the sizes of the axes, ascending',
      shape: (input, { axis }) => array.along(input, axis),
      initial: ({ gammaInitializer }) => gammaInitializer,
    },
  },

  apply(x, { gamma }, { axis, epsilon }) {
    const n = array.map(array.mean(array.map(x, Math.abs), axis), (magnitude) => magnitude + epsilon);
    const unit = array.div(x, n);
    const learned = parts.affine(unit, axis, gamma);
    return {
      value: learned.value,
      // dn = mean(sign(x) dx), so dx̂ = (dx − x̂ dn) / n, and back: x ← (g − sign(x) mean(x̂ g)) / n.
      pullback(gradient) {
        const { x: g, gain } = learned.pullback(gradient);
        const radial = array.mul(array.map(x, Math.sign), array.mean(array.mul(g, unit), axis));
        return { x: array.div(array.sub(g, radial), n), gamma: gain };
      },
    };
  },

  kinks: (x) => Math.min(...array.flat(array.map(x, Math.abs))),
  example: { x: [[3, -1, 0, 4]], parameters: { gamma: [1, 2, 3, 4] }, y: [[1.5, -1, 0, 8]] },
  invariants: { keepsShape: laws.keepsShape, oddFunction: laws.oddFunction, samplesApart: laws.samplesApart },
});

// The factory over the built-in norms and this one: same functions, same checks, same types.
const { createNormalizationLayer, checkNormalizationConfig, getNormalizationInfo } =
  normtape.defineNormalizations({ ...normtape.norms, mean_absolute_norm: meanAbsoluteNorm });
console.log(Object.keys(getNormalizationInfo()).length - normtape.normalizationTypes.length, 'norm more');
console.log(checkNormalizationConfig('mean_absolute_norm', { epsilonn: 1 }).map(({ hint }) => hint));

// Do the gradients follow from the formula? gradcheck compares them with differences, in float64, with weights at random.
const float64 = (shape: number[], seed: number) => normtape.randomNormal(shape, { seed, dtype: 'float64' });
const rule = normtape.primitive('mean_absolute_norm', (x, gamma) => {
  const options = { axis: [1, 2], epsilon: 1e-3, gammaInitializer: 'ones' } as const;
  const { value, pullback } = meanAbsoluteNorm.apply(x, { gamma }, options, { training: true, state: {} });
  return { value, pullback: (g) => [pullback(g).x, pullback(g).gamma] };
});
console.log('gradients are right:', gradcheck(rule, [float64([2, 3, 4], 1), float64([3, 4], 3)]).ok);

// It trains like any other layer.
const inputs = float64([64, 8], 2);
const targets = float64([64, 1], 4);
const norm = createNormalizationLayer('mean_absolute_norm');
const model = new Sequential([new Dense(16, { seed: 5 }), norm, relu, new Dense(1, { seed: 6 })]);
const loss = () => mean(square(normtape.sub(model.forward(inputs), targets)));
const sgd = new SGD({ learningRate: 0.05 });
const before = loss().item();
for (let step = 0; step < 100; step++) sgd.step(normtape.valueAndGrad(loss).gradients);
console.log('loss fell by more than half:', loss().item() < before / 2);
