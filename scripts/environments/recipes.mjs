// The recipes of the docs, as they stand there.
import { readFileSync } from 'node:fs';

const PAGE = 'docs/anywhere.md';

/** The only snippet in a language that holds this text. */
function recipe(language, text) {
  const fence = new RegExp('^```' + language + '\\n([^]*?)^```$', 'gm');
  const found = [...readFileSync(PAGE, 'utf8').matchAll(fence)].filter(([, code]) => code.includes(text));
  if (found.length !== 1) throw new Error(`${PAGE} has ${found.length} recipes with ${text}`);
  return found[0][1];
}

/** The worker that trains, and a page that writes what it heard into its title. */
export const worker = () => ({
  'train.js': recipe('js', 'const progress'),
  'main.js': `import { kernelInfo, tensor } from 'normtape';
import { loadModel } from 'normtape/io';

const [features, labels] = [[[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]];
const losses = [];
const onEpoch = ({ loss }) => losses.push(loss);

async function run() {
${recipe('js', "{ type: 'module' }")}
  const predicted = model.eval().forward(tensor(features)).toArray().map(([no, yes]) => Number(yes > no));
  return { losses, isPatient: true, isLoaded: String(predicted) === String(labels), kernels: kernelInfo().kernels };
}

run()
  .catch(({ message }) => ({ error: message }))
  .then((result) => { document.title = JSON.stringify(result); });
`,
});

/** The manifest of an extension. */
export const manifest = () => JSON.parse(recipe('json', 'manifest_version'));

/** What Vite is told, as an object. */
export const vite = () => {
  const [, options] = /defineConfig\(([^)]*)\)/.exec(recipe('js', "from 'vite'"));
  if (options !== "{ worker: { format: 'es' } }")
    throw new Error(`${PAGE} says something else of Vite: ${options}`);
  return { worker: { format: 'es' } };
};
