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


class Parts:
    """The norms and dense layers of a model, and their weights."""

    def __init__(self, given, hidden):
        self.given, self.hidden = given, hidden
        self.weights = [given['embedding'], given['places']]

    def norm(self):
        gain, shift = torch.ones(self.hidden), torch.zeros(self.hidden)
        self.weights.extend([gain, shift])
        return lambda x: functional.layer_norm(x, (self.hidden,), gain, shift, EPSILON)

    def dense(self, name):
        kernel = self.given[name]
        bias = torch.zeros(kernel.shape[1])
        self.weights.extend([kernel, bias])
        return lambda x: torch.addmm(bias, x, kernel)

    def block(self, i, attend):
        """x [rows, hidden] through a block; attend gets the queries, keys and values of the rows."""
        first, second = self.norm(), self.norm()
        query, key, value, output, up, down = [
            self.dense(f'{name}{i}') for name in ['query', 'key', 'value', 'output', 'up', 'down']
        ]

        def run(x):
            y = first(x)
            x = x + output(attend(query(y), key(y), value(y)))
            return x + down(functional.gelu(up(second(x))))

        return run


def transformer(given, task):
    hidden, heads, context, batch = task['hidden'], task['heads'], task['context'], task['batch']
    tokens, labels = texts(task)
    mask = torch.ones(context, context, dtype=torch.bool).triu(1)

    def attend(*projected):
        q, k, v = [x.view(batch, context, heads, hidden // heads).transpose(1, 2) for x in projected]
        return attention(q, k, v, mask).transpose(1, 2).reshape(batch * context, hidden)

    parts = Parts(given, hidden)
    blocks, last = [parts.block(i, attend) for i in range(task['layers'])], parts.norm()

    def logits():
        x = (functional.embedding(tokens, given['embedding']) + given['places']).view(batch * context, hidden)
        for run in blocks:
            x = run(x)
        return torch.matmul(last(x), given['embedding'].t())

    return torch_images.training(logits, parts.weights, labels.view(-1))


def generate(given, task):
    """Tokens, each the likeliest, with a cache of keys and values; the prompt is read at once."""
    hidden, heads, context = task['hidden'], task['heads'], task['context']
    width, parts = hidden // heads, Parts(given, hidden)
    mask = torch.ones(context, context, dtype=torch.bool).triu(1)
    cached = 0

    def block(i):
        keys, values = torch.zeros(heads, context, width), torch.zeros(heads, context, width)

        def attend(*projected):
            q, k, v = [x.view(-1, heads, width).transpose(0, 1) for x in projected]
            end = cached + q.shape[1]
            keys[:, cached:end], values[:, cached:end] = k, v
            hidden_keys = mask[cached:end, :end] if q.shape[1] > 1 else None
            return attention(q, keys[:, :end], values[:, :end], hidden_keys).transpose(0, 1).reshape(-1, hidden)

        return parts.block(i, attend)

    blocks, last = [block(i) for i in range(task['layers'])], parts.norm()

    @torch.no_grad()
    def run():
        nonlocal cached
        tokens, cached = list(task['prompt']), 0
        for _ in range(task['length']):
            unread = torch.tensor(tokens[cached:])
            x = functional.embedding(unread, given['embedding']) + given['places'][cached : len(tokens)]
            for through in blocks:
                x = through(x)
            cached = len(tokens)
            tokens.append(int(torch.mv(given['embedding'], last(x)[-1]).argmax()))
        return [torch.tensor(tokens)]

    return run, run


MAKERS = {'attention': attend, 'generate': generate, 'transformer': transformer}
