import { Random } from '../../../array/index.js';
import { scope } from '../../../autograd/scope.js';
import { noGrad } from '../../../autograd/tape.js';
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

/** The state of a model after so many steps. */
export interface Point extends Probe {
  readonly step: number;
  /** Means over the steps since the point before; undefined at the first. */
  readonly trainLoss: number | undefined;
  /** The length of all gradients together before they are clipped, and of those of each block. */
  readonly gradients: number | undefined;
  readonly blockGradients: readonly number[] | undefined;
}

/** One model that was trained, or diverged. */
export interface Run {
  readonly variant: string;
  readonly seed: number;
  readonly layers: number;
  /** The highest rate that it was trained at. */
  readonly learningRate: number;
  readonly weights: number;
  readonly points: readonly Point[];
  /** On all of the held-out text, in nats; undefined where the training was given up. */
  readonly loss: number | undefined;
  /** Why the training was given up before its last step, and where. */
  readonly stopped: string | undefined;
  readonly steps: number;
  /** What the model writes after the prompt; undefined like the loss. */
  readonly sample: string | undefined;
  /** The time of one step: what a tenth of them stayed under. */
  readonly stepMilliseconds: number;
}

/** One model to train. */
export interface Training {
  readonly variant: Variant;
  readonly seed: number;
  readonly layers: number;
  readonly learningRate: number;
}

/** How often a model is looked at, and at how many stretches of text. */
const [POINTS, STRETCHES] = [20, 32];

/** How much is written in the end, and how daringly. */
const SAMPLE = { length: 200, temperature: 0.8 };

/** Trains one model; the corpus, the settings and the training alone decide every number but the times. */
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

/** An untrained model; throws where the settings do not fit together. */
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

/** Throws if a model of one block cannot be made, or cannot read a stretch of the text. */
export function tryModel(
  corpus: Corpus,
  settings: Settings,
  training: Pick<Training, 'variant' | 'seed'>,
): void {
  const model = modelOf(corpus, settings, { ...training, layers: 1 });
  scope(() => noGrad(() => model.eval().forward(corpus.test.pick([0]).features)));
}

/** Straight up, unless there is no warm-up, and down along half a cosine to a tenth. */
function scheduleOf({ steps, warmup }: Settings, learningRate: number) {
  const warmupSteps = Math.round(warmup * steps);
  const warmupFrom = warmupSteps > 0 ? learningRate / warmupSteps : 0;
  return cosineSchedule(learningRate, Math.max(1, steps - warmupSteps), {
    warmupSteps,
    warmupFrom,
    alpha: 0.1,
  });
}

/** So many of a list, evenly spread over it. */
const evenly = (list: readonly number[], count: number): readonly number[] =>
  list.length <= count
    ? list
    : Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]!);

/** Means over the steps since the last point. */
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
