import { type Dtype, Random, draw } from '../../array/index.js';
import { gradcheck } from '../../autograd/gradcheck/gradcheck.js';
import { Tensor } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import { type NormalizationLayer, normalization } from '../../norms/layer.js';
import { type Norm, gradientKind } from '../../norms/norm.js';
import { besideShapes } from '../../norms/second-inputs.js';
import { isPlainObject } from '../../option/index.js';
import { jsonIn, readJson } from '../read-json.js';
import { type Terminal, linesOf } from '../terminal.js';
import { count } from '../words.js';
import { subjectsOf } from '../norms/named.js';

/** The flags of `normtape gradcheck`. */
export interface GradcheckFlags {
  readonly config?: string;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly inference?: boolean;
  readonly json?: boolean;
}

const DTYPE: Dtype = 'float64';

/**
 * Checks the gradients of one norm against finite differences, at a random input and random weights; returns the exit
 * code.
 */
export async function checkGradients(
  named: string,
  flags: GradcheckFlags,
  terminal: Terminal,
): Promise<number> {
  const { shape, seed, json, inference = false } = flags;
  const [norm] = await subjectsOf([named]);
  const layer = normalization(norm!, optionsOf(norm!, flags.config));
  layer.build(shape, { dtype: DTYPE });
  const random = new Random(seed);
  const drawn = Object.entries(layer.stateDict()).map(([name, { shape: own }]) => [
    name,
    draw(own, () => (name in norm!.parameters ? random.normal() : 0.5 + random.uniform()), DTYPE),
  ]);
  layer.loadStateDict(Object.fromEntries(drawn));
  if (inference) layer.eval();
  const statistics = layer.stateDict();
  const beside = Object.entries(besideShapes(norm!.inputs, shape, layer.options)).map(
    ([name, own]) => [name, new Tensor(draw(own, () => random.normal(), DTYPE))] as const,
  );
  demandSlopes(layer, inference);
  const names = ['x', ...layer.namedParameters().keys(), ...beside.map(([name]) => name)];
  const parameters = layer.parameters();
  const x = new Tensor(draw(shape, () => random.normal(), DTYPE));
  const report = gradcheck(
    (input: Tensor, ...others: Tensor[]) => {
      // Every call starts from the same running statistics, and from the weights that it is given.
      const values = others.map(({ value }) => value);
      layer.loadStateDict(statistics);
      parameters.forEach((parameter, i) => (parameter.value = values[i]!));
      const given = beside.map(([name], i) => [name, others[parameters.length + i]!]);
      return layer.forward(input, Object.fromEntries(given) as Readonly<Record<string, Tensor>>);
    },
    [x, ...parameters, ...beside.map(([, tensor]) => tensor)],
    { seed },
  );
  const inWords = (text: string) =>
    text.replace(/\b([Ii])nput (\d+)/g, (_, __, k: string) => names[Number(k)]!);
  if (json) {
    const whole = { type: norm!.type, shape, seed, inputs: names, ...report };
    terminal.print(linesOf(JSON.stringify(whole, undefined, 2)));
  } else {
    const { ok, checked, skipped, deviation, worst, coverage, findings } = report;
    terminal.print([
      `${norm!.type} at ${JSON.stringify(shape)}, by ${names.join(', ')}: ${ok ? 'its gradients are right' : 'its gradients are wrong'}.`,
      `  ${count(checked, 'number')} compared, the worst off by ${deviation.toExponential(1)} of the largest in its row.`,
      `  ${coverage[0]!.toUpperCase()}${coverage.slice(1)}.`,
      ...(worst
        ? [
            `  Furthest off: ${names[worst.input]}${worst.index.length > 0 ? ` at ${JSON.stringify(worst.index)}` : ''}, ${worst.claimed} by the pullback, ${worst.measured} by differences (± ${worst.error.toExponential(1)}).`,
          ]
        : []),
      ...(skipped.length > 0
        ? [`  ${count(skipped.length, 'number')} skipped, because the slope jumps there.`]
        : []),
      ...findings.map((finding) => `  ${inWords(finding)}`),
    ]);
  }
  return report.ok ? 0 : 1;
}

/** Throws if the backward pass of a layer takes values as constants that move with x: differences show other gradients then. */
function demandSlopes(layer: NormalizationLayer, inference: boolean): void {
  const { definition, options, type } = layer;
  const kind = (training: boolean) => gradientKind(definition, options, { training, state: layer.arrays() });
  if (kind(!inference) === 'slope') return;
  const expected = 'a norm whose gradients are the slopes of its outputs, which differences measure';
  const other = kind(inference) === 'slope' && !inference ? ' With --inference they are slopes.' : '';
  const hint = `${definition.gradient!.about}${other} normtape verify ${type} compares them with those of the formula.`;
  throw new NormtapeError({ where: 'normtape gradcheck', expected, received: type, hint });
}

/** The options of --config, given as JSON or as a file; a type in them must be the type of the norm. */
function optionsOf(norm: Norm, config: string | undefined): object {
  if (config === undefined) return {};
  const given = config.trim().startsWith('{') ? jsonIn('--config', config) : readJson(config);
  if (!isPlainObject(given)) {
    throw new NormtapeError({ where: '--config', expected: 'an object of options', received: given });
  }
  const { type = norm.type, ...options } = given;
  if (type !== norm.type) {
    throw new NormtapeError({ where: '--config: type', expected: norm.type, received: type });
  }
  return options;
}
