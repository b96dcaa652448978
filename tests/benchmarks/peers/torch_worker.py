"""PyTorch on one thread. Answers the driver as harness/serve.mjs does."""
import json
import math
import os
import resource
import sys
import time

os.environ['OMP_NUM_THREADS'] = '1'
import numpy
import torch
import torch_images
import torch_transformers
from torch.nn import functional
from torch_passes import passes

torch.set_num_threads(1)
EPSILON = 1e-5


def tensors(inputs):
    return {
        name: torch.from_numpy(numpy.fromfile(spec['path'], numpy.float32)).reshape(spec['shape'])
        for name, spec in inputs.items()
    }


def norm(f, names):
    def make(task):
        given = tensors(task['inputs'])
        return passes(f, task['pass'], given['g'], [given[name] for name in ['x', *names]])

    return make


def layer_norm(x, gain, shift):
    return functional.layer_norm(x, x.shape[-1:], gain, shift, EPSILON)


def batch_norm(x, gain, shift):
    width = x.shape[-1]
    if batch_norm.width != width:
        batch_norm.width, batch_norm.state = width, (torch.zeros(width), torch.ones(width))
    return functional.batch_norm(x, *batch_norm.state, gain, shift, True, 0.01, EPSILON)


batch_norm.width = None


def rms_norm(x, gain):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + EPSILON) * gain


def matmul(task):
    a, b = tensors(task['inputs']).values()
    run = lambda: [torch.matmul(a, b)]
    return run, run


def adam(task):
    w, g = tensors(task['inputs']).values()
    w.requires_grad_()
    w.grad = g
    optimizer = torch.optim.Adam([w], lr=1e-3)

    def results():
        for _ in range(3):
            optimizer.step()
        return [w.detach()]

    return optimizer.step, results


def tape(task):
    given = tensors(task['inputs'])
    g = given.pop('g')

    def f(x, w, b):
        for _ in range(10):
            x = x * w + b
        return x

    return passes(f, 'both', g, list(given.values()))


def mlp(task):
    x, first, second = tensors(task['inputs']).values()
    gain, shift = torch.ones(256), torch.zeros(256)
    bias, last = torch.zeros(256), torch.zeros(10)

    def logits():
        hidden = functional.relu(layer_norm(torch.addmm(bias, x, first), gain, shift))
        return torch.addmm(last, hidden, second)

    return torch_images.training(logits, [first, bias, gain, shift, second, last])


def on_tensors(make):
    return lambda task: make(tensors(task['inputs']), task)


MAKERS = {
    'layer_norm': norm(layer_norm, ['gain', 'shift']),
    'batch_norm': norm(batch_norm, ['gain', 'shift']),
    'rms_norm': norm(rms_norm, ['gain']),
    'softmax': norm(lambda x: torch.softmax(x, -1), []),
    'gelu': norm(lambda x: functional.gelu(x, approximate='tanh'), []),
    'matmul': matmul,
    'adam': adam,
    'tape': tape,
    'mlp': mlp,
    **{kind: on_tensors(make) for kind, make in torch_images.MAKERS.items()},
    **{kind: on_tensors(make) for kind, make in torch_transformers.MAKERS.items()},
}


def digest(y):
    """As in serve.mjs: the size, the root mean square and 101 numbers, evenly spaced."""
    numbers = y.numpy().reshape(-1).astype(numpy.float64)
    count = min(len(numbers), 101)
    at = [i * (len(numbers) - 1) // max(1, count - 1) for i in range(count)]
    return {
        'size': len(numbers),
        'rms': math.sqrt(numpy.mean(numbers * numbers)),
        'sample': [float(numbers[i]) for i in at],
    }


made = {}


def make(request):
    step, results = MAKERS[request['task']['kind']](request['task'])
    made[request['id']] = step
    return {'results': [digest(y) for y in results()]}


def run(request):
    step = made[request['id']]
    start = time.perf_counter_ns()
    for _ in range(request['times']):
        step()
    return {'nanoseconds': time.perf_counter_ns() - start}


def drop(request):
    made.pop(request['id'], None)
    return {}


def memory(_):
    return {'peak': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def blas():
    """The library that multiplies matrices: Debian's reference one is tens of times slower than OpenBLAS."""
    with open('/proc/self/maps') as maps:
        paths = {line.split()[-1] for line in maps if 'blas' in line}
    return ', '.join(sorted(path.split('/')[-1] for path in paths))


def hello(_):
    torch.ones(2, 2) @ torch.ones(2, 2)
    return {'versions': {'torch': torch.__version__, 'with': blas()}}


ANSWERS = {'hello': hello, 'make': make, 'run': run, 'drop': drop, 'memory': memory}
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = ANSWERS[request['do']](request)
    except Exception as error:
        answer = {'error': repr(error)}
    print('@' + json.dumps(answer), flush=True)
