import { Random } from '../../../array/index.js';
import { scope } from '../../../autograd/scope.js';
import { noGrad } from '../../../autograd/recording.js';
import type { Gradients } from '../../../autograd/gradients.js';
import { LanguageModel } from '../../../models/language-model.js';
import { crossEntropy } from '../../../nn/losses/index.js';
import { Adam } from '../../../optim/adam.js';
import { clipByGlobalNorm, globalNorm } from '../../../optim/clipping.js';
import { cosineSchedule } from '../../../optim/schedules.js';
import { training } from '../../../train/index.js';
import { quietest } from '../../statistics/order.js';
import type { Progress } from '../experiment.js';
import { type Corpus, drawn } from './corpus.js';
import { type Probe, blockGradients, probe } from './probe.js';
import type { Settings } from './settings.js';
import { type Variant, recipeOf } from './variants.js';

/** The state of a model after some steps. */
export interface Point extends Probe {
  readonly step: number;
  /** The mean over the steps since the previous point; undefined at the first. */
  readonly trainLoss: number | undefined;
  /** The global norm of the gradients before clipping, and the norm for each block. */
  readonly gradients: number | undefined;
  readonly blockGradients: readonly number[] | undefined;
}

/** The result of one training, finished or diverged. */
export interface Run {
  readonly variant: string;
  readonly seed: number;
  readonly layers: number;
  /** The peak learning rate. */
  readonly learningRate: number;
  readonly weights: number;
  readonly points: readonly Point[];
  /** The loss on all of the held-out text, in nats; undefined if training was stopped. */
  readonly loss: number | undefined;
  /** Why and where training was stopped before its last step. */
  readonly stopped: string | undefined;
  readonly steps: number;
  /** The text that the model generates after the prompt; undefined if training was stopped. */
  readonly sample: string | undefined;
  /** The time of one step: the tenth percentile. */
  readonly stepMilliseconds: number;
}

/** One training to run. */
export interface Training {
  readonly variant: Variant;
  readonly seed: number;
  readonly layers: number;
  readonly learningRate: number;
}

/** The number of points per training, and of text stretches per point. */
const [POINTS, STRETCHES] = [20, 32];

/** The length and the temperature of the generated sample. */
const SAMPLE = { length: 200, temperature: 0.8 };

/** Trains one model; its numbers, except times, depend only on the corpus, the settings and the training. */
export function* train(
  corpus: Corpus,
  settings: Settings,
  { variant, seed, layers, learningRate }: Training,
): Generator<Progress, Run, void> {
  const { steps, batchSize, clip } = settings;
  const seeds = new Random(seed);
  const model = modelOf(corpus, settings, { variant, layers, seed: seeds.seed() });
  const data = drawn(corpus, steps * batchSize, seeds.seed());
  const looked = evenly(corpus.testStarts, STRETCHES);
  const points: Point[] = [
    {
      step: 0,
      trainLoss: undefined,
      gradients: undefined,
      blockGradients: undefined,
      ...probe(model, corpus, looked),
    },
  ];
  const since = new Since();
  const clipped = (gradients: Gradients): Gradients => {
    since.gradients(globalNorm(gradients), blockGradients(model, gradients));
    return clip > 0 ? clipByGlobalNorm(gradients, clip) : gradients;
  };
  const loop = training(model, data, {
    loss: crossEntropy,
    optimizer: new Adam({ learningRate: scheduleOf(settings, learningRate) }),
    batchSize,
    shuffle: false,
    clip: clipped,
    divergence: 'stop',
  });
  const times: number[] = [];
  const every = Math.max(1, Math.round(steps / POINTS));
  let [start, done] = [performance.now(), 0];
  let next = loop.next();
  while (!next.done) {
    times.push(performance.now() - start);
    const { step, loss } = next.value;
    done = step;
    since.loss(loss);
    if (step % every === 0 || step === steps)
      points.push({ step, ...since.take(), ...probe(model, corpus, looked) });
    yield { share: step / steps, note: `loss ${loss.toFixed(3)}` };
    start = performance.now();
    next = loop.next();
  }
  const { stopped } = next.value;
  const whole = stopped === undefined;
  const prompt = [...corpus.characters.encode(corpus.prompt)];
  return {
    variant: variant.name,
    seed,
    layers,
    learningRate,
    weights: model.parameters().reduce((sum, { size }) => sum + size, 0),
    points,
    loss: whole ? probe(model, corpus, corpus.testStarts).loss : undefined,
    stopped,
    steps: done,
    sample: whole
      ? corpus.characters.decode(
          model.generate(prompt, { ...SAMPLE, seed: seeds.seed() }).slice(prompt.length),
        )
      : undefined,
    stepMilliseconds: quietest(times),
  };
}

/**
 * An untrained model.
 * @throws if the settings do not fit together.
 */
export const modelOf = (
  { characters: { alphabet } }: Corpus,
  { hidden, heads, context }: Settings,
  { variant, layers, seed }: Omit<Training, 'learningRate'>,
): LanguageModel =>
  new LanguageModel({
    vocabularySize: alphabet.length,
    contextLength: context,
    hiddenSize: hidden,
    heads,
    layers,
    ...recipeOf(variant, hidden),
    placement: variant.placement,
    positions: 'rotary',
    seed,
  });

/** Throws if a model of one block cannot be built, or cannot read a stretch of the text. */
export function tryModel(
  corpus: Corpus,
  settings: Settings,
  training: Pick<Training, 'variant' | 'seed'>,
): void {
  const model = modelOf(corpus, settings, { ...training, layers: 1 });
  scope(() => noGrad(() => model.eval().forward(corpus.test.pick([0]).features)));
}

/** The learning rate schedule: a linear warm-up, if there is one, then half a cosine down to a tenth. */
function scheduleOf({ steps, warmup }: Settings, learningRate: number) {
  const warmupSteps = Math.round(warmup * steps);
  const warmupFrom = warmupSteps > 0 ? learningRate / warmupSteps : 0;
  return cosineSchedule(learningRate, Math.max(1, steps - warmupSteps), {
    warmupSteps,
    warmupFrom,
    alpha: 0.1,
  });
}

/** `count` items of a list, evenly spread. */
const evenly = (list: readonly number[], count: number): readonly number[] =>
  list.length <= count
    ? list
    : Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]!);

/** Collects losses and gradient norms, and returns their means since the last point. */
class Since {
  #losses: number[] = [];
  #lengths: number[] = [];
  #blocks: (readonly number[])[] = [];

  loss(loss: number): void {
    this.#losses.push(loss);
  }

  gradients(length: number, blocks: readonly number[]): void {
    this.#lengths.push(length);
    this.#blocks.push(blocks);
  }

  take(): Pick<Point, 'trainLoss' | 'gradients' | 'blockGradients'> {
    const blocks = this.#blocks[0]!.map((_, i) => meanOf(this.#blocks.map((lengths) => lengths[i]!)));
    const means = {
      trainLoss: meanOf(this.#losses),
      gradients: meanOf(this.#lengths),
      blockGradients: blocks,
    };
    [this.#losses, this.#lengths, this.#blocks] = [[], [], []];
    return means;
  }
}

const meanOf = (numbers: readonly number[]): number =>
  numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
