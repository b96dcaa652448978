// Your own norm, my-norm.ts: in the factory with the built-in ones, its gradients checked, in a network.
import * as normtape from 'normtape';
import { Dense, SGD, Sequential, gradcheck, mean, relu, square } from 'normtape';
import { meanAbsoluteNorm } from './my-norm.js';

// A factory with the built-in norms and this one: same functions, same checks, same types.
const { createNormalizationLayer, checkNormalizationConfig, getNormalizationInfo } =
  normtape.defineNormalizations({ ...normtape.norms, mean_absolute_norm: meanAbsoluteNorm });
console.log(Object.keys(getNormalizationInfo()).length - normtape.normalizationTypes.length, 'norm more');
console.log(checkNormalizationConfig('mean_absolute_norm', { epsilonn: 1 }).map(({ hint }) => hint));

// Do the gradients match the formula? gradcheck compares them with finite differences, in float64, with random weights.
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
