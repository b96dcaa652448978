// The model of a classroom: gestures from an accelerometer, told apart by a small network in the page. Prints what a page
// loads for it, how long it trains and how accurate it is, with Normtape and with TensorFlow.js:
// npm run build && npm ci --prefix tests/benchmarks && node tests/benchmarks/classroom.mjs
import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const ROUNDS = 7;
const [CLASSES, FEATURES, SAMPLES] = [4, 12, 200];
const [EPOCHS, BATCH, RATE] = [160, 16, 0.1];

/** The network: batch_norm → 16 relu → softmax; each program takes data, and gives milliseconds and a function that predicts. */
const PROGRAMS = {
  'Normtape, `normtape`': normtape('normtape'),
  'Normtape, `normtape/js`': normtape('normtape/js'),
  'TensorFlow.js, cpu': tensorflow(`import '@tensorflow/tfjs-backend-cpu';`, 'cpu'),
};

function normtape(entry) {
  return `
    import { Dense, SGD, Sequential, crossEntropy, normalization, batchNorm, relu, tensor } from '${entry}';
    import { dataset } from 'normtape/data';
    import { fit } from 'normtape/train';
    export function train({ features, labels, classes }, seed) {
      const model = new Sequential([normalization(batchNorm), new Dense(16, { seed }), relu, new Dense(${CLASSES}, { seed: seed + 1 })]);
      const start = performance.now();
      fit(model, dataset('gestures', features, labels, classes), {
        loss: crossEntropy, optimizer: new SGD({ learningRate: ${RATE} }), epochs: ${EPOCHS}, batchSize: ${BATCH}, seed });
      const milliseconds = performance.now() - start;
      model.eval();
      return { milliseconds, predict: (rows) => model.forward(tensor(rows)).toArray() };
    }`;
}

function tensorflow(backend, name) {
  return `
    import * as tf from '@tensorflow/tfjs-core';
    import * as tfl from '@tensorflow/tfjs-layers';
    ${backend}
    export async function train({ features, labels, classes }) {
      await tf.setBackend('${name}');
      const model = tfl.sequential({ layers: [
        tfl.layers.batchNormalization({ inputShape: [${FEATURES}] }),
        tfl.layers.dense({ units: 16, activation: 'relu' }),
        tfl.layers.dense({ units: ${CLASSES}, activation: 'softmax' }),
      ] });
      model.compile({ optimizer: tf.train.sgd(${RATE}), loss: 'categoricalCrossentropy' });
      const [x, y] = [tf.tensor2d(features), tf.oneHot(labels, classes.length)];
      const start = performance.now();
      await model.fit(x, y, { epochs: ${EPOCHS}, batchSize: ${BATCH}, verbose: 0, yieldEvery: 'never' });
      const milliseconds = performance.now() - start;
      return { milliseconds, predict: (rows) => model.predict(tf.tensor2d(rows)).arraySync() };
    }`;
}

/** The bundle of a program: its bytes after gzip, and a page that has loaded it. */
async function opened(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: 'tests/benchmarks' },
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    globalName: 'program',
    platform: 'browser',
    logLevel: 'silent',
    alias: {
      'normtape/train': './dist/train/index.js',
      'normtape/data': './dist/data/index.js',
      'normtape/js': './dist/js.js',
      normtape: './dist/index.js',
    },
    absWorkingDir: process.cwd(),
  });
  const { contents: code, text } = outputFiles[0];
  const page = await browser.newPage();
  await page.addScriptTag({ content: text });
  return { gzip: gzipSync(code, { level: 9 }).length, page };
}

/** Trains in the page; gives milliseconds, and the scores of the rows of the test data. */
const trained = (page, train, test, seed) =>
  page.evaluate(
    async ([given, rows, chosen]) => {
      const { milliseconds, predict } = await globalThis.program.train(given, chosen);
      return { milliseconds, scores: predict(rows) };
    },
    [train, test.features, seed],
  );

/** Gestures: each class swings around directions of its own, at a speed and strength that vary. */
function gestures(count, draw) {
  const classes = Array.from({ length: CLASSES }, (_, k) => `gesture ${k}`);
  const labels = Array.from({ length: count }, (_, i) => i % CLASSES);
  const features = labels.map((label) => {
    const [strength, phase] = [1 + 0.4 * draw(), 0.5 * draw()];
    return Array.from(
      { length: FEATURES },
      (_, f) => 9.81 * (f % 3 === 2) + strength * 3 * Math.sin((label + 1) * f + phase) + 4 * draw(),
    );
  });
  return { features, labels, classes };
}

/** Numbers around 0, the same in each run. */
function drawing(seed) {
  let state = seed;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
  return () => uniform() + uniform() + uniform() + uniform() - 2;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
});
const rows = [];
for (const [name, program] of Object.entries(PROGRAMS))
  rows.push({ name, ...(await opened(program)), times: [], right: [] });
for (let round = 0; round < ROUNDS; round++) {
  const [train, test] = [gestures(SAMPLES, drawing(round + 1)), gestures(400, drawing(round + 1000))];
  for (const { page, times, right } of rows) {
    const { milliseconds, scores } = await trained(page, train, test, round + 1);
    const predicted = scores.map((row) => row.indexOf(Math.max(...row)));
    times.push(milliseconds);
    right.push(predicted.filter((label, i) => label === test.labels[i]).length / test.labels.length);
  }
}
await browser.close();
console.log('| program | kB after gzip | seconds | accuracy |\n| --- | --: | --: | --: |');
for (const { name, gzip, times, right } of rows) {
  const seconds = times.map((time) => time / 1000);
  const spread = `${median(seconds).toFixed(2)} (${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)})`;
  console.log(
    `| ${name} | ${(gzip / 1000).toFixed(0)} | ${spread} | ${(100 * median(right)).toFixed(1)} % |`,
  );
}
