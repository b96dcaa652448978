import { expect } from 'chai';
import { fromSource } from '../../src/array/index.js';
import { Gradients } from '../../src/autograd/gradients.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { Tensor } from '../../src/autograd/tape.js';
import { Adagrad } from '../../src/optim/adagrad.js';
import { Adam, AdamW } from '../../src/optim/adam.js';
import { clipByGlobalNorm, clipByValue, globalNorm } from '../../src/optim/clipping.js';
import { Lion } from '../../src/optim/lion.js';
import type { Optimizer } from '../../src/optim/optimizer.js';
import { NAdam } from '../../src/optim/nadam.js';
import { RAdam } from '../../src/optim/radam.js';
import { RMSprop } from '../../src/optim/rmsprop.js';
import { SGD } from '../../src/optim/sgd.js';
import { type Encoded, casesOf, decode, expectClose } from './vectors.js';
import { leftOut } from './left-out.js';

interface Trajectory {
  readonly id: string;
  readonly optimizer?: string;
  readonly config?: Readonly<Record<string, number | boolean>>;
  readonly attributes?: Readonly<Record<string, number | boolean | readonly [number, number]>>;
  readonly param0: readonly number[];
  readonly grads_per_step: readonly (readonly number[])[];
  readonly params_after_each_step: readonly (readonly number[])[];
}

type Clip = (gradients: Gradients) => Gradients;

const same: Clip = (gradients) => gradients;

const kerasOptimizers = { SGD, Adam, AdamW, RMSprop, Lion, Adagrad, Nadam: NAdam };

/** The optimizer of a case with Keras' names, which are ours in snake_case, except the betas and clipping. */
function inKeras({ optimizer, config = {} }: Trajectory): [Optimizer<never>, Clip] {
  const { clipnorm, global_clipnorm: global, clipvalue, beta_1: beta1, beta_2: beta2, ...rest } = config;
  const make = kerasOptimizers[optimizer as keyof typeof kerasOptimizers];
  // The norm of a single parameter is the global norm.
  const limit = (clipnorm ?? global) as number | undefined;
  const clip: Clip =
    limit !== undefined
      ? (gradients) => clipByGlobalNorm(gradients, limit)
      : clipvalue !== undefined
        ? (gradients) => clipByValue(gradients, clipvalue as number)
        : same;
  return [new make({ ...rest, beta1, beta2 } as object) as unknown as Optimizer<never>, clip];
}

/** The optimizer of a case with PyTorch's names. */
function inPyTorch({ id, attributes = {} }: Trajectory): [Optimizer<never>, Clip] {
  const {
    lr: learningRate,
    betas,
    eps: epsilon,
    alpha: rho,
    weight_decay,
    weight_decay_l2,
    momentum_decay: momentumDecay,
    ...rest
  } = attributes;
  const [beta1, beta2] = (betas ?? []) as readonly number[];
  const weightDecay = weight_decay ?? weight_decay_l2;
  const given = {
    learningRate,
    beta1,
    beta2,
    epsilon,
    rho,
    weightDecay,
    momentumDecay,
    ...rest,
    convention: 'pytorch',
  };
  const name = id.split('/')[1]!;
  const makers = {
    adamw: AdamW,
    adam: Adam,
    sgd: SGD,
    rmsprop: RMSprop,
    adagrad: Adagrad,
    nadam: NAdam,
    radam: RAdam,
  };
  const [, make] = Object.entries(makers).find(([prefix]) => name.startsWith(prefix))!;
  return [new make(given as object) as unknown as Optimizer<never>, same];
}

function follow(
  { param0, grads_per_step, params_after_each_step }: Trajectory,
  [optimizer, clip]: [Optimizer<never>, Clip],
) {
  const parameter = new Parameter(fromSource(Float64Array.from(param0)));
  grads_per_step.forEach((gradient, step) => {
    const gradients = new Gradients(
      new Map([[parameter, new Tensor(fromSource(Float64Array.from(gradient)))]]),
    );
    optimizer.step(clip(gradients));
    expectClose(`step ${step}`, parameter.value, params_after_each_step[step]!, { relative: 1e-11 });
  });
}

const families = [
  {
    file: 'keras/optimizers',
    make: inKeras,
    out: {
      adamax: 'Normtape has no such optimizer.',
      'adam-ema': 'Averaging of weights over steps is not offered.',
    },
  },
  {
    file: 'torch/optimizers_torch',
    make: inPyTorch,
    out: {
      'optimizers_torch/nadam':
        'Before 2.0 PyTorch took the momentum of a step twice into the product for the next; see optimizers_more.',
    },
  },
  { file: 'torch/optimizers_more', make: inPyTorch, out: {} },
];

for (const { file, make, out } of families) {
  describe(`optimizers like ${file}`, () => {
    for (const trajectory of leftOut(casesOf<Trajectory>(file), out)) {
      it(trajectory.id, () => follow(trajectory, make(trajectory)));
    }
  });
}

interface Clipping {
  readonly id: string;
  readonly attributes: { readonly max_norm?: number; readonly clip_value?: number };
  readonly grads: readonly Encoded[];
  readonly total_norm?: number;
  readonly clipped: readonly Encoded[];
}

describe('clipping like torch/clipping', () => {
  for (const { id, attributes, grads, total_norm, clipped } of casesOf<Clipping>('torch/clipping')) {
    it(id, () => {
      const given = grads.map((gradient) => new Tensor(decode(gradient)));
      const gradients = new Gradients(new Map(given.map((gradient) => [gradient, gradient])));
      if (total_norm !== undefined) expect(globalNorm(gradients)).to.be.closeTo(total_norm, 1e-14);
      const { max_norm, clip_value } = attributes;
      const result =
        max_norm === undefined
          ? clipByValue(gradients, clip_value!)
          : clipByGlobalNorm(gradients, max_norm, { convention: 'pytorch' });
      given.forEach((leaf, i) => {
        expectClose(id, result.of(leaf)!.value, clipped[i]!.data.map(Number), { relative: 1e-14 });
      });
    });
  }
});

interface Grouped {
  readonly id: string;
  readonly attributes: {
    readonly optimizer: 'SGD' | 'AdamW' | 'RMSprop';
    readonly base: object;
    readonly group?: object;
  };
  readonly param0: readonly [readonly number[], readonly number[]];
  readonly grads_per_step: readonly (readonly [readonly number[], readonly number[]])[];
  readonly params_after_each_step: readonly (readonly [readonly number[], readonly number[]])[];
}

describe('parameter groups like torch/optimizer_groups', () => {
  for (const given of casesOf<Grouped>('torch/optimizer_groups')) {
    it(given.id, () => {
      const { optimizer: name, base, group } = given.attributes;
      const read = (pair: readonly [readonly number[], readonly number[]]) =>
        pair.map((data, i) => fromSource(Float64Array.from(data), { shape: i === 0 ? [2, 2] : [3] }));
      const parameters = read(given.param0).map((value) => new Parameter(value));
      const make = { SGD, AdamW, RMSprop }[name];
      const groups = group ? [{ parameters: [parameters[0]!], ...group }] : [];
      const options = { ...base, convention: 'pytorch', groups } as object;
      const optimizer = new make(options) as unknown as Optimizer<never>;
      given.grads_per_step.forEach((gradients, step) => {
        const tensors = read(gradients).map((gradient) => new Tensor(gradient));
        optimizer.step(new Gradients(new Map(parameters.map((leaf, i) => [leaf, tensors[i]!]))));
        parameters.forEach((leaf, i) =>
          expectClose(`step ${step}`, leaf.value, given.params_after_each_step[step]![i]!, {
            relative: 1e-11,
          }),
        );
      });
    });
  }
});
