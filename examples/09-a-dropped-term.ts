// A learner writes layer norm by hand. The forward pass is right, but a term of the backward pass is missing.
// The kit says which law this breaks, and shows the smallest input that reveals it. With the term, one claim still
// fails:
// squares of 1e154 overflow. A part of the library that scales its input first satisfies every claim.
import { array, formulas, laws, layerNorm, norm, normalization, option, parts, randomNormal } from 'normtape';
import { gradcheck, verifyNormalization } from 'normtape/verify';

const myNorm = (name: string, { complete, scaled }: { complete: boolean; scaled: boolean }) =>
  norm({
    type: name,
    title: 'My layer norm',
    about: 'Centers each row and divides by its standard deviation.',
    useCase: 'Learning how it is done.',
    reference: layerNorm.reference,
    traits: { place: 'hidden', couples: 'group', cost: 9, guards: ['size', 'offset'] },
    options: { epsilon: option.epsilon('Added to the variance to avoid division by zero.') },
    parameters: {},

    formula: (math, x, _, { epsilon }) => ({ outputs: [formulas.standardized(math, x, -1, epsilon)] }),

    apply(x, _, { epsilon }) {
      if (scaled) {
        const { value, pullback } = parts.standardize(x, -1, epsilon);
        return { value, pullback: (g) => ({ x: pullback(g) }) };
      }
      const axis = x.shape.length - 1;
      const off = array.sub(x, array.mean(x, axis));
      const centered = array.sub(off, array.mean(off, axis));
      const variance = array.mean(array.square(centered), axis);
      const length = array.map(variance, (v) => Math.sqrt(v + epsilon));
      const unit = array.div(centered, length);
      return {
        value: unit,
        pullback(g) {
          // dx = (g − mean(g) − x̂ mean(x̂ g)) / √(v + ε): the mean of g is easily forgotten.
          const along = array.mul(unit, array.mean(array.mul(unit, g), axis));
          const kept = array.sub(g, along);
          const right = complete ? array.sub(kept, array.mean(g, axis)) : kept;
          return { x: array.div(right, length) };
        },
      };
    },

    example: { x: [[1, 4, 7, 4]], parameters: {}, y: [[-1.41421, 0, 1.41421, 0]] },
    // The laws of a centered unit along the last axis come with the library.
    invariants: { keepsShape: laws.keepsShape, ...laws.standardizedLaws },
  });

for (const [name, complete, scaled] of [
  ['dropped_term', false, false],
  ['complete', true, false],
  ['scaled', true, true],
] as const) {
  const definition = myNorm(name, { complete, scaled });
  const { ok, claims } = verifyNormalization(definition, { runs: 50, seed: 1 });
  const broken = claims.filter(({ held }) => !held);
  console.log(`${name}: ${ok ? 'all' : claims.length - broken.length} of ${claims.length} claims held`);
  for (const claim of broken) console.log(`  ${claim.name}: ${claim.claim}`);
  const { given } = broken.at(-1)?.counterexample ?? {};
  if (given) console.log(`  the last of them seen at x = ${JSON.stringify(given['x'])}`);

  // What is wrong, in words, for an input of your own.
  const layer = normalization(definition);
  const { findings } = gradcheck(
    (x) => layer.forward(x),
    [randomNormal([2, 4], { seed: 1, dtype: 'float64' })],
  );
  for (const finding of findings) console.log(`  ${finding}`);
}
