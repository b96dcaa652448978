import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Dtype,
  type NdArray,
  Random,
  type Shape,
  broadcastTo,
  copy,
  draw,
  flat,
  fromFlat,
  full,
  max,
  positiveAxes,
  reshape,
  sizeOf,
} from '../../src/array/index.js';
import { normalizationTypes, norms } from '../../src/index.js';
import { newState } from '../../src/norms/new-state.js';
import { type Norm, type OptionsOf, couplingOf } from '../../src/norms/norm.js';
import { rule } from '../../src/norms/rule.js';
import { allocate } from '../../src/norms/owned.js';
import { besideShapes } from '../../src/norms/second-inputs.js';
import { inputs } from '../support/arbitraries.js';

/** The axes along which a number is felt: those of its statistics. */
function felt(norm: Norm, options: OptionsOf<Norm>, x: NdArray, training: boolean): number[] {
  const rank = x.shape.length;
  const { axis = -1 } = options as { readonly axis?: number | readonly number[] };
  const all = Array.from({ length: rank }, (_, i) => i);
  const couples = couplingOf(norm, options, { training, state: newState(norm, x, options) });
  switch (couples) {
    case undefined:
      return all; // Nothing is said.
    case 'nothing':
      return [];
    case 'sample':
    case 'prefix':
      return all.slice(1);
    case 'batch':
      // Through a sample that a norm of the batch also depends on, every number is felt.
      if (training && norm.traits?.couplesAtInference === 'sample') return all;
      return training ? all.filter((i) => !positiveAxes(axis, rank).includes(i)) : [];
    case 'group':
      // Lengths of band_logit_norm are normalized along the last axis, whichever it has.
      return norm.type === 'band_logit_norm'
        ? [...new Set([...positiveAxes(axis, rank), rank - 1])]
        : positiveAxes(axis, rank);
  }
}

/** Ones wherever the number at this place is felt. */
function reach(shape: Shape, place: number, axes: readonly number[]): NdArray {
  const only = fromFlat(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => +(i === place)),
    shape,
  );
  return broadcastTo(axes.length ? max(only, axes) : only, shape);
}

function run(norm: Norm, x: NdArray, options: OptionsOf<Norm>, training: boolean) {
  const random = new Random(5);
  const normal = ({ shape }: NdArray) => draw(shape, () => random.normal(), x.dtype);
  const weights = Object.values(allocate(norm.parameters, x.shape, options, { dtype: x.dtype })).map(normal);
  const names = Object.keys(allocate(norm.parameters, x.shape, options, { dtype: x.dtype }));
  const state = newState(norm, x, options);
  const beside = Object.entries(besideShapes(norm.inputs, x.shape, options));
  const inputs = beside.map(([, shape]) => draw(shape, () => random.normal(), x.dtype));
  const apply = rule(
    norm,
    names,
    options,
    { training, state },
    beside.map(([name]) => name),
  );
  const { values, pullback } = apply([x, ...weights, ...inputs]);
  return { outputs: values, dx: pullback(values.map(normal))[0]! };
}

describe('NaN and infinities', () => {
  for (const type of normalizationTypes) {
    const norm: Norm = norms[type];

    for (const dtype of ['float32', 'float64'] as const) {
      it(`stay, in ${type} and ${dtype}, with those who share statistics with them, in outputs and gradients`, () => {
        fc.assert(
          fc.property(cases(norm, dtype), ({ x, options, place, intruder, training }) => {
            const dirty = copy(x);
            dirty.data[place % sizeOf(x.shape)] = intruder;
            const touched = reach(x.shape, place % sizeOf(x.shape), felt(norm, options, x, training));
            const [clean, spoilt] = [run(norm, x, options, training), run(norm, dirty, options, training)];
            same(spoilt.dx, clean.dx, touched);
            spoilt.outputs.forEach((y, k) => {
              const { axis } = options as { readonly axis?: number };
              same(y, clean.outputs[k]!, touchedIn(y, touched, axis));
            });
          }),
        );
      });
    }
  }
});

/** Where an output may feel what touches x: one that is no reduction of x is made of another input. */
function touchedIn({ shape }: NdArray, touched: NdArray, axis = -1): NdArray {
  const isReduced =
    shape.length === touched.shape.length &&
    shape.every((size, i) => size === 1 || size === touched.shape[i]);
  if (isReduced) {
    const over = shape.flatMap((size, i) => (size === touched.shape[i] ? [] : [i]));
    return over.length ? max(touched, over) : touched;
  }
  const within = max(touched, axis);
  const felt = sizeOf(within.shape) === sizeOf(shape) ? copy(within) : full(shape, 0, touched.dtype);
  return reshape(felt, shape);
}

const cases = (norm: Norm, dtype: Dtype) =>
  inputs(norm, dtype).chain(({ x, options }) =>
    fc.record({
      x: fc.constant(x),
      options: fc.constant(options),
      place: fc.nat(1000),
      intruder: fc.constantFrom(NaN, Infinity, -Infinity),
      training: fc.boolean(),
    }),
  );

/** The same bits, but where something was felt. */
function same(given: NdArray, clean: NdArray, touched: NdArray): void {
  const [a, b, skip] = [flat(given), flat(clean), flat(touched)];
  Array.from(a).forEach((value, i) => {
    if (!skip[i]) expect(value, `at ${i}`).to.equal(b[i]);
  });
}
