import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Adam, Dense, Dropout, Sequential, crossEntropy } from '../../src/index.js';
import { digits, pick } from '../../src/data/index.js';
import { type TrainingState, checkpoints, fit, plainState } from '../../src/train/index.js';

// A training that writes checkpoints, resumes from the last one if there is one, and finally writes its weights:
// trainer.ts FOLDER

const [folder = '.'] = process.argv.slice(2);
const checkpoint = join(folder, 'checkpoint.json');

function write(path: string, what: unknown): void {
  const draft = `${path}.draft`;
  writeFileSync(draft, JSON.stringify(what));
  renameSync(draft, path);
}

const train = pick(
  digits(),
  Array.from({ length: 400 }, (_, i) => i),
);
const model = new Sequential([
  new Dropout(0.2, { seed: 1 }),
  new Dense(32, { seed: 2 }),
  new Dense(10, { seed: 3 }),
]);
const resume = existsSync(checkpoint)
  ? (JSON.parse(readFileSync(checkpoint, 'utf8')) as TrainingState)
  : undefined;
fit(model, train, {
  loss: crossEntropy,
  epochs: 12,
  batchSize: 16,
  optimizer: new Adam(),
  callbacks: [checkpoints((state) => write(checkpoint, plainState(state)), { everySteps: 7 })],
  ...(resume ? { resume } : { seed: 4 }),
});
write(join(folder, 'weights.json'), plainState(model));
