import { isList } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { MultiHeadAttention } from '../../models/attention.js';
import { type LayerConfig, partFrom } from './config.js';
import { type LayerRow, type WeightRow, row } from './layer-row.js';

/** The projections of attention by their fields here, and their names in Keras. */
const PROJECTIONS = { query: 'query', key: 'key', value: 'value', output: 'attention_output' } as const;
type Projection = keyof typeof PROJECTIONS;

/** The weights of a projection: Keras has an axis of heads, which lie side by side here. */
function weightsOf(projection: Projection, heads: number, headSize: number): readonly [WeightRow, WeightRow] {
  const isOutput = projection === 'output';
  const named = (weight: string, at: number) => ({
    here: `${projection}.${weight}`,
    there: `${PROJECTIONS[projection]}/${weight}`,
    at: `${projection}_dense/vars/${at}`,
  });
  return [
    {
      ...named('kernel', 0),
      shape: ([inputs, outputs]) => (isOutput ? [heads, headSize, outputs!] : [inputs!, heads, headSize]),
    },
    { ...named('bias', 1), shape: (here) => (isOutput ? here : [heads, headSize]) },
  ];
}

/** Throws unless attention is over the one axis of positions. */
function readAxes(config: LayerConfig): void {
  const axes = config.take('attention_axes', null);
  if (axes === null || (isList(axes) && axes.length === 1 && axes[0] === 1)) return;
  const where = `${config.where}.attention_axes`;
  throw new NormtapeError({ where, expected: 'null or [1]', received: axes });
}

/** Attention of a sequence to itself. */
export const ATTENTION_LAYERS: Readonly<Record<string, LayerRow>> = {
  MultiHeadAttention: row<MultiHeadAttention>({
    of: MultiHeadAttention,
    formats: ['Keras 3'],
    inputs: 2,
    read(config, { call, shapeOf }) {
      const [heads, headSize] = ['num_heads', 'key_dim'].map((key) => config.take(key)) as [number, number];
      config.only('value_dim', [headSize, null]);
      readAxes(config);
      config.only('flash_attention', [null, false, true]);
      for (const part of ['kernel_regularizer', 'bias_regularizer', 'kernel_constraint', 'bias_constraint'])
        config.only(part, [null]);
      // The file has the weights, so that what biases started from does not matter, nor do shapes.
      for (const key of ['bias_initializer', 'query_shape', 'key_shape', 'value_shape']) config.take(key);
      const initializer = config.take('kernel_initializer', 'glorot_uniform');
      const { dropout = 0, ...options } = config.options(['dropout', 'use_bias', 'seed']);
      const stated = config.take('output_shape', null);
      const width = shapeOf(weightsOf('output', heads, headSize)[0])?.at(-1);
      const outputSize = (isList(stated) && stated.length === 1 ? stated[0] : stated) ?? width ?? 0;
      for (const key of ['attention_mask', 'query_mask', 'value_mask', 'key_mask']) call.only(key, [null]);
      call.only('return_attention_scores', [false]);
      return new MultiHeadAttention({
        heads,
        headSize,
        outputSize: outputSize as number,
        attentionDropout: dropout as number,
        causal: call.take('use_causal_mask', false) as boolean,
        kernelInitializer: partFrom(`${config.where}.kernel_initializer`, initializer) as 'zeros',
        ...options,
      });
    },
    write({ options, groups, queryNorm, valueNorm, innerNorm, output }) {
      const { heads, headSize } = options;
      if (groups !== heads)
        throw new NormtapeError({
          where: 'groups',
          expected: `as many as heads, ${heads}`,
          received: groups,
        });
      if (queryNorm || valueNorm || innerNorm || options.rotary) {
        const expected = 'attention without norms and without rotary positions, as in Keras';
        throw new NormtapeError({ where: 'options', expected, received: options });
      }
      return {
        num_heads: heads,
        key_dim: headSize,
        value_dim: headSize,
        dropout: options.attentionDropout,
        use_bias: options.useBias,
        output_shape: [output.units],
      };
    },
    call: ({ options: { causal } }) => (causal ? { use_causal_mask: true } : {}),
    weights: ({ options: { heads, headSize, useBias } }) =>
      (Object.keys(PROJECTIONS) as Projection[]).flatMap((projection) =>
        weightsOf(projection, heads, headSize).slice(0, useBias ? 2 : 1),
      ),
    build({ query, key, value, output, options: { heads, headSize } }, shapes, _, options) {
      for (const [name, dense] of Object.entries({ query, key, value })) {
        const width = shapes.get(`${name}.kernel`)?.[0];
        if (width !== undefined) dense.build([1, 1, width], options);
      }
      output.build([1, 1, heads * headSize], options);
    },
  }),
};
