// A classifier trained with fit: early stopping, averaged weights, checkpoints, and several metrics.
import {
  Adam,
  Dense,
  Dropout,
  Sequential,
  cosineSchedule,
  createNormalizationLayer,
  crossEntropy,
  softmax,
} from 'normtape';
import { digits, split } from 'normtape/data';
import {
  ExponentialMovingAverage,
  type TrainingState,
  accuracy,
  bestWeights,
  checkpoints,
  earlyStopping,
  evaluate,
  expectedCalibrationError,
  fit,
  overall,
  plainState,
  topKAccuracy,
} from 'normtape/train';

const { train, test } = split(digits(), { testShare: 0.2, seed: 1 });
const network = () =>
  new Sequential([
    new Dense(32, { activation: 'relu', seed: 1 }),
    createNormalizationLayer('rms_norm'),
    new Dropout(0.2, { seed: 2 }),
    new Dense(10, { seed: 3 }),
  ]);

const metrics = {
  accuracy,
  top3: (logits: Parameters<typeof topKAccuracy>[0], labels: Int32Array) =>
    topKAccuracy(logits, labels, { k: 3 }),
  calibration: overall((logits, labels) => expectedCalibrationError(softmax(logits), labels)),
};

function run(epochs: number, save: (state: TrainingState) => void, resume?: TrainingState) {
  const model = network();
  const { epochs: records } = fit(model, train, {
    loss: crossEntropy,
    optimizer: new Adam({ learningRate: cosineSchedule(0.01, 8 * 23) }),
    epochs,
    batchSize: 32,
    accumulate: 2,
    clip: 1,
    seed: 4,
    validation: test,
    metrics,
    average: new ExponentialMovingAverage(model, { decay: 0.9 }),
    callbacks: [
      bestWeights({ monitor: 'accuracy', mode: 'max' }),
      earlyStopping({ patience: 3 }),
      checkpoints(save),
    ],
    resume,
  });
  return { model, records };
}

const saved: string[] = [];
const { model, records } = run(8, (state) => saved.push(JSON.stringify(plainState(state))));
for (const { epoch, loss, validation } of records) {
  console.log(`epoch ${epoch}: loss ${loss.toFixed(3)}, accuracy ${validation!.metrics.accuracy.toFixed(3)}`);
}
const { accuracy: best, top3, calibration } = evaluate(model, test, { loss: crossEntropy, metrics }).metrics;
console.log(`best: ${best.toFixed(3)}`);
console.log(`among the first three: ${top3.toFixed(3)}`);
console.log(`calibration error: ${calibration.toFixed(3)}`);

const again = run(8, () => undefined, JSON.parse(saved[2]!) as TrainingState);
console.log(`from epoch 3 on, the same: ${JSON.stringify(again.records) === JSON.stringify(records)}`);
