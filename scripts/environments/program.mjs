// The program that every environment runs, in the form that it needs.
import { transformSync } from 'esbuild';
import { readFileSync } from 'node:fs';

export const FOLDER = 'tests/environments';

/** The program as it is, and what checks the types of every entry. */
export const typescript = () => `${source()}\n${reporting('console')}`;
export const types = () => readFileSync(`${FOLDER}/typed.ts`, 'utf8');

/** The same without `normtape/verify`. */
export const fewerTypes = () => types().replace(/^.*verifyNormalization.*\n/gm, '');

const source = () => readFileSync(`${FOLDER}/program.ts`, 'utf8');

const END = {
  console: 'console.log',
  page: '(text: string) => void (document.title = text)',
  worker: 'postMessage',
};

/** What runs the program, and tells its result or its error as JSON. */
const reporting = (way) => `
const tell = ${END[way]};
run().then(
  (result) => tell(JSON.stringify(result)),
  (error: unknown) => tell(JSON.stringify({ error: error instanceof Error ? error.stack : String(error) })),
);
`;

const script = (way, format) =>
  transformSync(source() + reporting(way), { loader: 'ts', format, target: 'es2022' }).code;

export const esm = (way = 'console') => script(way, 'esm');

export const commonjs = () => script('console', 'cjs');

/** For a page or worker in which one script or module has everything, as `normtape`. */
export const global = (way = 'page') =>
  esm(way)
    .replace(/^import .*$/gm, '')
    .replace(/^export \{[^}]*\};$/gm, '')
    .replace(
      /^/,
      'const { Adam, ConfigurableModel, crossEntropy, kernelInfo, tensor } = normtape;\nconst { dataset } = normtape.data;\nconst { fit, fitAsync } = normtape.train;\n',
    );

/** Throws unless a result, as the last line of a text, says that all went well; returns the kernels that ran. */
export function judged(text, kernels) {
  const last = text.trim().split('\n').at(-1);
  if (!last?.startsWith('{')) throw new Error(`It printed ${JSON.stringify(text)}.`);
  const { error, losses, isPatient, isLoaded, kernels: ran } = JSON.parse(last);
  if (error) throw new Error(error);
  // NaN is null in JSON, which counts as 0 in a comparison.
  if (!Number.isFinite(losses.at(-1)) || !(losses.at(-1) < losses[0] / 2))
    throw new Error(`The loss went from ${losses[0]} to ${losses.at(-1)}.`);
  if (!isPatient) throw new Error('fitAsync gave other losses than fit.');
  if (!isLoaded) throw new Error('The loaded model predicts something else.');
  if (!ran.startsWith(kernels)) throw new Error(`The kernels were ${ran}, not ${kernels}.`);
  return ran;
}
