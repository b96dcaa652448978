"""PyTorch's answer to each case: reads one JSON line a case from stdin, writes one JSON line with the value and the
gradient of every input. Numbers travel as base64 of little-endian float64, so that NaN, infinities and -0 arrive."""
import base64
import json
import math
import sys

import numpy
import torch
from torch.nn import functional as F

torch.set_num_threads(1)


def decoded(spec, dtype):
    data = numpy.frombuffer(base64.b64decode(spec['data']), '<f8').copy()
    return torch.from_numpy(data).to(dtype).reshape(spec['shape'])


def encoded(x):
    data = x.detach().to(torch.float64).contiguous().numpy().astype('<f8').tobytes()
    return {'shape': list(x.shape), 'data': base64.b64encode(data).decode()}


def unary(f):
    return lambda x, o: f(x[0])


def binary(f):
    return lambda x, o: f(x[0], x[1])


def axes(x, o):
    return tuple(o['axes']) if 'axes' in o else tuple(range(x.dim()))


def reduced(f):
    return lambda x, o: f(x[0], axes(x[0], o), o.get('keepDims', False))


def loss(f):
    return lambda x, o: f(x, o, o.get('reduction', 'mean'))


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def conv(x, o):
    kernel = x[1].permute(3, 2, 0, 1).contiguous()
    return nhwc(F.conv2d(nchw(x[0]).contiguous(), kernel, None, o['stride'], o['padding'], o['dilation'], o['groups']))


def pool(f):
    return lambda x, o: nhwc(f(nchw(x[0]), o['size'], o['stride']))


def attention(x, o):
    q, k, v = x
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    hidden = torch.zeros(scores.shape[-2:], dtype=torch.bool)
    if 'mask' in o:
        hidden = hidden | (torch.tensor(o['mask']) == 0)
    if o['causal']:
        n, m = scores.shape[-2:]
        hidden = hidden | torch.ones(n, m, dtype=torch.bool).triu(m - n + 1)
    return torch.softmax(scores.masked_fill(hidden, -math.inf), -1) @ v


def cross_entropy(x, o, reduction):
    settings = {'label_smoothing': o['smoothing'], 'reduction': reduction}
    if 'ignore' in o:
        settings['ignore_index'] = o['ignore']
    return F.cross_entropy(x[0], torch.tensor(o['labels']), **settings)


def layer_norm(x, o):
    return F.layer_norm(x[0], x[0].shape[-1:], x[1], x[2], o['epsilon'])


def batch_norm(x, o):
    return F.batch_norm(x[0], None, None, x[1], x[2], True, 0, o['epsilon'])


def group_norm(x, o):
    return F.group_norm(x[0], o['groups'], x[1], x[2], o['epsilon'])


def instance_norm(x, o):
    # In one row of positions: PyTorch 1.13 is wrong for a batch of one whose gradient has the channels last.
    samples, height, width, channels = x[0].shape
    rows = x[0].permute(0, 3, 1, 2).reshape(samples, channels, -1)
    y = F.instance_norm(rows, None, None, x[1], x[2], True, 0, o['epsilon'])
    return y.reshape(samples, channels, height, width).permute(0, 2, 3, 1)


def local_response_norm(x, o):
    y = F.local_response_norm(x[0].permute(0, 3, 1, 2), o['size'], o['alpha'], o['beta'], o['k'])
    return y.permute(0, 2, 3, 1)


def weight_norm(x, o):
    return torch._weight_norm(x[0], x[1].reshape(1, -1), 1)


def rms_norm(x, o):
    return x[0] * torch.rsqrt(x[0].square().mean(-1, keepdim=True) + o['epsilon']) * x[1]


OPS = {
    'exp': unary(torch.exp), 'log': unary(torch.log), 'sqrt': unary(torch.sqrt), 'abs': unary(torch.abs),
    'sin': unary(torch.sin), 'cos': unary(torch.cos), 'erf': unary(torch.erf), 'square': unary(torch.square),
    'neg': unary(torch.neg), 'tanh': unary(torch.tanh), 'sigmoid': unary(torch.sigmoid),
    'softplus': unary(lambda x: F.softplus(x, threshold=40)), 'relu': unary(torch.relu), 'silu': unary(F.silu),
    'gelu': unary(F.gelu), 'geluTanh': unary(lambda x: F.gelu(x, approximate='tanh')),
    'add': binary(torch.add), 'sub': binary(torch.sub), 'mul': binary(torch.mul), 'div': binary(torch.div),
    'pow': binary(torch.pow), 'maximum': binary(torch.maximum), 'minimum': binary(torch.minimum),
    'matmul': binary(torch.matmul),
    'clip': lambda x, o: torch.clamp(x[0], o.get('min'), o.get('max')),
    'where': lambda x, o: torch.where(torch.tensor(o['condition']) != 0, x[0], x[1]),
    'sum': reduced(lambda x, a, k: x.sum(a, k)), 'mean': reduced(lambda x, a, k: x.mean(a, k)),
    'max': reduced(lambda x, a, k: x.amax(a, k)), 'min': reduced(lambda x, a, k: x.amin(a, k)),
    'variance': reduced(lambda x, a, k: x.var(a, False, k)),
    'logSumExp': reduced(lambda x, a, k: torch.logsumexp(x, a, k)),
    'softmax': lambda x, o: torch.softmax(x[0], o['axis']),
    'logSoftmax': lambda x, o: torch.log_softmax(x[0], o['axis']),
    'reshape': lambda x, o: x[0].reshape(o['shape']),
    'transpose': lambda x, o: x[0].permute(o['order']),
    'broadcastTo': lambda x, o: x[0].expand(o['shape']),
    'concat': lambda x, o: torch.cat(x, o['axis']),
    'stack': lambda x, o: torch.stack(x, o['axis']),
    'gather': lambda x, o: torch.index_select(x[0], o['axis'], torch.tensor(o['indices'])),
    'crossEntropy': loss(cross_entropy),
    'softCrossEntropy': loss(lambda x, o, r: F.cross_entropy(x[0], x[1], label_smoothing=o['smoothing'], reduction=r)),
    'binaryCrossEntropy': loss(lambda x, o, r: F.binary_cross_entropy_with_logits(x[0], x[1], reduction=r)),
    'meanSquaredError': loss(lambda x, o, r: F.mse_loss(x[0], x[1], reduction=r)),
    'meanAbsoluteError': loss(lambda x, o, r: F.l1_loss(x[0], x[1], reduction=r)),
    'huber': loss(lambda x, o, r: F.huber_loss(x[0], x[1], reduction=r, delta=o['delta'])),
    'klDivergence': lambda x, o: F.kl_div(x[0], x[1], reduction='sum'),
    'attention': attention, 'layer_norm': layer_norm, 'batch_norm': batch_norm, 'group_norm': group_norm,
    'rms_norm': rms_norm, 'instance_norm': instance_norm, 'local_response_norm': local_response_norm,
    'weight_norm': weight_norm,
    'conv2d': conv, 'maxPool2d': pool(F.max_pool2d), 'averagePool2d': pool(F.avg_pool2d),
}

OPTIMIZERS = {
    'sgd': lambda w, o: torch.optim.SGD(w, o['rate'], o['momentum'], nesterov=o['nesterov'] and o['momentum'] > 0),
    'adam': lambda w, o: torch.optim.Adam(w, o['rate'], eps=1e-8),
    'adamW': lambda w, o: torch.optim.AdamW(w, o['rate'], eps=1e-8, weight_decay=o['decay']),
    'rmsprop': lambda w, o: torch.optim.RMSprop(w, o['rate'], alpha=0.9, eps=1e-8),
}


def optimized(case, x):
    weights = torch.nn.Parameter(x[0].clone())
    optimizer = OPTIMIZERS[case['op']]([weights], case['options'])
    for gradient in x[1:]:
        weights.grad = gradient.clone()
        optimizer.step()
    return weights, []


def differentiated(case, x):
    for tensor in x:
        tensor.requires_grad_()
    y = OPS[case['op']](x, case['options'])
    seed = decoded(case['seed'], y.dtype)
    gradients = torch.autograd.grad(y, x, seed.reshape(y.shape), allow_unused=True)
    return y, [torch.zeros_like(t) if g is None else g for t, g in zip(x, gradients)]


print(json.dumps({'version': torch.__version__}), flush=True)
for line in sys.stdin:
    case = json.loads(line)
    dtype = torch.float64 if case['dtype'] == 'float64' else torch.float32
    inputs = [decoded(spec, dtype) for spec in case['inputs']]
    try:
        value, gradients = (optimized if case['op'] in OPTIMIZERS else differentiated)(case, inputs)
        answer = {'arrays': [encoded(value), *map(encoded, gradients)]}
    except Exception as error:
        answer = {'error': f'{type(error).__name__}: {error}'}
    print(json.dumps(answer), flush=True)
