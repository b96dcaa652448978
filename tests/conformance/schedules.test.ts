import { expect } from 'chai';
import {
  type Schedule,
  cosineSchedule,
  exponentialSchedule,
  stepSchedule,
} from '../../src/optim/schedules.js';
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
    poly: 'Decay by a power is not offered.',
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
