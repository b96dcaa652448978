"""The tasks of transformer-workloads.mjs in PyTorch."""
import math

import torch
from torch.nn import functional

import torch_images
import torch_passes

EPSILON = 1e-5


def texts(task):
    """As in read.mjs: the characters of a batch, and those that follow each."""
    batch, context, vocabulary = task['batch'], task['context'], task['vocabulary']

    def read(offset):
        places = range(offset, context + offset)
        return torch.tensor([[(row * 11 + at * (at + row)) % vocabulary for at in places] for row in range(batch)])

    return read(0), read(1)


def attention(q, k, v, hidden):
    """softmax(q kᵀ / √width) v, without the keys that are hidden."""
    scores = torch.matmul(q, k.transpose(-1, -2)) * (1 / math.sqrt(q.shape[-1]))
    if hidden is not None:
        scores = scores.masked_fill(hidden, -math.inf)
    return torch.matmul(torch.softmax(scores, -1), v)


def attend(given, task):
    g = given.pop('g')
    causal, length, keys = task['causal'], g.shape[2], given['key'].shape[2]
    hidden = torch.ones(length, keys, dtype=torch.bool).triu(1) if causal else None
    # Heads of a group follow each other, so that their queries are rows of one matrix.
    batch, groups = given['key'].shape[:2]

    def f(q, k, v):
        return attention(q.reshape(batch, groups, -1, q.shape[-1]), k, v, hidden).view(g.shape)

    return torch_passes.passes(f, task['pass'], g, list(given.values()))


def transformer(given, task):
    hidden, heads, context, batch = task['hidden'], task['heads'], task['context'], task['batch']
    tokens, labels = texts(task)
    mask = torch.ones(context, context, dtype=torch.bool).triu(1)
    embedding, places = given['embedding'], given['places']
    weights = [embedding, places]

    def norm():
        gain, shift = torch.ones(hidden), torch.zeros(hidden)
        weights.extend([gain, shift])
        return lambda x: functional.layer_norm(x, (hidden,), gain, shift, EPSILON)

    def dense(name):
        kernel = given[name]
        bias = torch.zeros(kernel.shape[1])
        weights.extend([kernel, bias])
        return lambda x: torch.addmm(bias, x, kernel)

    def block(i):
        first, second = norm(), norm()
        query, key, value, output, up, down = [
            dense(f'{name}{i}') for name in ['query', 'key', 'value', 'output', 'up', 'down']
        ]

        def by_head(x):
            return x.view(batch, context, heads, hidden // heads).transpose(1, 2)

        def run(x):
            y = first(x)
            y = attention(by_head(query(y)), by_head(key(y)), by_head(value(y)), mask)
            x = x + output(y.transpose(1, 2).reshape(batch * context, hidden))
            return x + down(functional.gelu(up(second(x))))

        return run

    blocks, last = [block(i) for i in range(task['layers'])], norm()

    def logits():
        x = (functional.embedding(tokens, embedding) + places).view(batch * context, hidden)
        for run in blocks:
            x = run(x)
        return torch.matmul(last(x), embedding.t())

    return torch_images.training(logits, weights, labels.view(-1))


MAKERS = {'attention': attend, 'transformer': transformer}
