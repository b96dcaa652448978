import { MultiHeadAttention } from '../../models/attention.js';
import { FeedForward } from '../../models/feed-forward.js';
import { LanguageModel } from '../../models/language-model.js';
import { TransformerBlock } from '../../models/transformer-block.js';
import { Dense } from '../../nn/dense.js';
import { Module } from '../../nn/module.js';
import type { Naming } from './naming.js';
import { LAYERS } from './pytorch.js';

/** Llama, and models with its names: Mistral, and Qwen3 with norms of queries and keys. */
export const LLAMA: Naming = {
  classes: [
    {
      of: LanguageModel,
      layers: {
        embedding: 'model.embed_tokens',
        'blocks.*': 'model.layers.*',
        norm: 'model.norm',
        output: 'lm_head',
      },
    },
    {
      of: TransformerBlock,
      layers: {
        attention_norm: 'input_layernorm',
        attention: 'self_attn',
        mlp_norm: 'post_attention_layernorm',
        mlp: 'mlp',
      },
    },
    {
      of: MultiHeadAttention,
      layers: {
        query: 'q_proj',
        key: 'k_proj',
        value: 'v_proj',
        output: 'o_proj',
        query_norm: 'q_norm',
        key_norm: 'k_norm',
      },
    },
    { of: FeedForward, layers: { gate: 'gate_proj', up: 'up_proj', down: 'down_proj' } },
    ...LAYERS,
  ],
  isOpen: false,
  buffers: ['rotary_emb.inv_freq'],
  copies: { 'lm_head.weight': 'model.embed_tokens.weight' },
};

/** GPT-2, whose kernels are stored as here, [inputs, outputs]. */
export const GPT2: Naming = {
  classes: [
    { of: LanguageModel, layers: { embedding: 'wte', positions: 'wpe', 'blocks.*': 'h.*', norm: 'ln_f' } },
    {
      of: TransformerBlock,
      layers: {
        attention_norm: 'ln_1',
        attention: 'attn',
        mlp_norm: 'ln_2',
        'mlp.up': 'mlp.c_fc',
        'mlp.down': 'mlp.c_proj',
      },
    },
    {
      of: MultiHeadAttention,
      layers: { output: 'c_proj' },
      forms: [
        {
          fits: () => true,
          tensors: [
            {
              as: 'c_attn.weight',
              axis: 1,
              layout: 'same',
              weights: ['query.kernel', 'key.kernel', 'value.kernel'],
            },
            {
              as: 'c_attn.bias',
              axis: 0,
              layout: 'same',
              weights: ['query.bias', 'key.bias', 'value.bias'],
            },
          ],
        },
      ],
    },
    { of: Dense, weights: { kernel: { as: 'weight', layout: 'same' } } },
    ...LAYERS,
  ],
  isOpen: false,
  // The causal mask, and what it hides with.
  buffers: ['attn.bias', 'attn.masked_bias'],
  copies: { 'lm_head.weight': 'wte.weight' },
};

/** The encoder of BERT, of blocks with their norms after each sum. */
export const BERT: Naming = {
  classes: [
    {
      of: TransformerBlock,
      layers: {
        'attention.query': 'attention.self.query',
        'attention.key': 'attention.self.key',
        'attention.value': 'attention.self.value',
        'attention.output': 'attention.output.dense',
        attention_norm: 'attention.output.LayerNorm',
        'mlp.up': 'intermediate.dense',
        'mlp.down': 'output.dense',
        mlp_norm: 'output.LayerNorm',
      },
    },
    {
      of: Module,
      layers: {
        embedding: 'embeddings.word_embeddings',
        positions: 'embeddings.position_embeddings',
        embedding_norm: 'embeddings.LayerNorm',
        'blocks.*': 'encoder.layer.*',
      },
    },
    ...LAYERS,
  ],
  isOpen: false,
  buffers: ['embeddings.position_ids'],
};
