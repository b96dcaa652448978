import { expect } from 'chai';
import { linearSchedule, polynomialSchedule } from '../../src/optim/polynomial.js';
import { warmRestartsSchedule } from '../../src/optim/restarts.js';
import {
  type Schedule,
  cosineSchedule,
  exponentialSchedule,
  stepSchedule,
} from '../../src/optim/schedules.js';
import { SGD } from '../../src/optim/sgd.js';
import { reduceOnPlateau } from '../../src/train/index.js';
import { leftOut } from './left-out.js';
import { casesOf } from './vectors.js';

interface KerasCase {
  readonly id: string;
  readonly schedule: string;
  readonly config: {
    readonly initial_learning_rate: number;
    readonly decay_steps: number;
    readonly decay_rate: number;
    readonly alpha?: number;
    readonly staircase?: boolean;
    readonly end_learning_rate?: number;
    readonly power?: number;
    readonly warmup_target?: number | null;
    readonly warmup_steps?: number;
  };
  readonly steps: readonly number[];
  readonly lr: readonly number[];
}

interface TorchCase {
  readonly id: string;
  readonly attributes: {
    readonly T_max: number;
    readonly eta_min?: number;
    readonly step_size?: number;
    readonly gamma?: number;
    readonly milestones?: readonly number[];
    readonly warmup?: number;
  };
  readonly base_lr: number;
  readonly lr_used_at_step: readonly number[];
}

function inKeras({ schedule, config }: KerasCase): Schedule {
  const { initial_learning_rate: first, decay_steps, decay_rate, staircase, alpha, warmup_steps } = config;
  if (schedule === 'ExponentialDecay') {
    return exponentialSchedule(first, decay_steps, decay_rate, { staircase: staircase ?? false });
  }
  if (schedule === 'PolynomialDecay') {
    const { end_learning_rate: endRate = 1e-4, power = 1 } = config;
    return polynomialSchedule(first, decay_steps, { endRate, power });
  }
  const top = config.warmup_target ?? first;
  return cosineSchedule(top, decay_steps, {
    alpha: alpha ?? 0,
    warmupSteps: warmup_steps ?? 0,
    warmupFrom: first,
  });
}

function inPyTorch({ attributes, base_lr: base }: TorchCase): Schedule {
  const { T_max, eta_min = 0, step_size, milestones, gamma = 0.1, warmup = 0 } = attributes;
  const stairs = step_size ?? milestones;
  if (stairs !== undefined) return stepSchedule(base, stairs, { factor: gamma });
  const alpha = eta_min / base;
  return cosineSchedule(base, T_max, { alpha, warmupSteps: warmup, warmupFrom: base / 10, periodic: true });
}

const near = (schedule: Schedule, steps: readonly number[], rates: readonly number[]): void =>
  steps.forEach((step, i) => expect(schedule(step), `step ${step}`).to.be.closeTo(rates[i]!, 1e-14));

describe('schedules like keras/lr_schedules', () => {
  const out = {
    'inverse-time': 'Decay by 1 / (1 + step) is not offered.',
  };
  for (const given of leftOut(casesOf<KerasCase>('keras/lr_schedules'), out)) {
    it(given.id, () => near(inKeras(given), given.steps, given.lr));
  }
});

describe('schedules like torch/lr_schedules_torch', () => {
  for (const given of casesOf<TorchCase>('torch/lr_schedules_torch')) {
    const steps = given.lr_used_at_step.map((_, step) => step);
    it(given.id, () => near(inPyTorch(given), steps, given.lr_used_at_step));
  }
});

interface MoreCase {
  readonly id: string;
  readonly attributes: Readonly<Record<string, number | string | boolean>>;
  readonly base_lr: number;
  readonly lr_used_at_step?: readonly number[];
  readonly values?: readonly number[];
  readonly lr_after_epoch?: readonly number[];
}

function more({ attributes, base_lr: base }: MoreCase): Schedule {
  const convention = 'pytorch';
  const found = attributes as Readonly<Record<string, number | undefined>>;
  const { T_0, T_mult = 1, eta_min = 0, total_iters, power = 1, poly } = found;
  const { start_factor = 1 / 3, end_factor = 1 } = found;
  if (T_0 !== undefined) {
    return warmRestartsSchedule(base, T_0, { periodFactor: T_mult, alpha: eta_min / base, convention });
  }
  if (poly) return polynomialSchedule(base, total_iters!, { power, convention });
  const options = { startFactor: start_factor, endFactor: end_factor, convention } as const;
  return linearSchedule(base, total_iters!, options);
}

describe('schedules like torch/schedules_more', () => {
  for (const given of casesOf<MoreCase>('torch/schedules_more')) {
    if (given.lr_used_at_step) {
      const rates = given.lr_used_at_step;
      it(given.id, () => near(more(given), [...rates.keys()], rates));
      continue;
    }
    it(given.id, () => {
      const { threshold_mode: kind, min_lr: minRate, threshold: minDelta, ...rest } = given.attributes;
      const relative = kind === undefined ? undefined : kind === 'rel';
      const callback = reduceOnPlateau({
        ...rest,
        minRate,
        minDelta,
        relative,
        convention: 'pytorch',
      } as object);
      const optimizer = new SGD({ learningRate: given.base_lr });
      const rates = given.values!.map((loss) => {
        callback.epoch!({ epoch: 1, steps: 1, loss, rate: 1 }, { optimizer } as never);
        return optimizer.rate;
      });
      rates.forEach((rate, i) =>
        expect(rate, `epoch ${i}`).to.be.closeTo(given.lr_after_epoch![i]!, 1e-15 + 1e-12 * rate),
      );
    });
  }
});
