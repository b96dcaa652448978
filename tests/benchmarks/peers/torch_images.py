"""The tasks of image-workloads.mjs in PyTorch, with images and kernels in its own layout."""
import torch
from torch.nn import functional

EPSILON = 1e-5


def images(x):
    """[samples, height, width, channels] as [samples, channels, height, width]."""
    return x.permute(0, 3, 1, 2).contiguous()


def kernel_of(k):
    """[rows, columns, channels, filters] as [filters, channels, rows, columns]."""
    return k.permute(3, 2, 0, 1).contiguous()


def depthwise_of(k):
    """[rows, columns, channels, multiplier] as [channels * multiplier, 1, rows, columns]."""
    rows, columns, channels, multiplier = k.shape
    return k.permute(2, 3, 0, 1).reshape(channels * multiplier, 1, rows, columns).contiguous()


def same(x, size, stride):
    """TensorFlow's padding: the odd row or column goes behind."""
    before, after = [], []
    for n, k in zip(x.shape[2:], size):
        total = max(0, (-(-n // stride) - 1) * stride + k - n)
        before.append(total // 2)
        after.append(total - total // 2)
    if before == after:
        return x, before
    return functional.pad(x, (before[1], after[1], before[0], after[0])), [0, 0]


def gradients(f, g, leaves, back):
    """The step of a function with its gradients, and its results in the layout of Normtape."""
    for leaf in leaves:
        leaf.requires_grad_(True)

    def run():
        y = f(*leaves)
        return [y, *torch.autograd.grad(y, leaves, g)]

    return run, lambda: [to(y.detach()) for to, y in zip(back, run())]


def rows(y):
    return y.permute(0, 2, 3, 1).contiguous()


def conv2d(given, task):
    stride, groups = task['stride'], task['groups']

    def f(x, k):
        x, padding = same(x, k.shape[2:], stride)
        return functional.conv2d(x, k, stride=stride, padding=padding, groups=groups)

    back = [rows, rows, lambda k: k.permute(2, 3, 1, 0).contiguous()]
    return gradients(f, images(given['g']), [images(given['x']), kernel_of(given['kernel'])], back)


def depthwise(given, task):
    stride, shape = task['stride'], given['kernel'].shape

    def f(x, k):
        x, padding = same(x, k.shape[2:], stride)
        return functional.conv2d(x, k, stride=stride, padding=padding, groups=x.shape[1])

    def of_kernel(k):
        return k.reshape(shape[2], shape[3], shape[0], shape[1]).permute(2, 3, 0, 1).contiguous()

    leaves = [images(given['x']), depthwise_of(given['kernel'])]
    return gradients(f, images(given['g']), leaves, [rows, rows, of_kernel])


def pool(f):
    def make(given, task):
        return gradients(lambda x: f(x, task['size']), images(given['g']), [images(given['x'])], [rows, rows])

    return make


def training(forward, weights, labels=None):
    """A step of Adam on cross-entropy, and the loss after 20 of them."""
    for w in weights:
        w.requires_grad_(True)
    optimizer = torch.optim.Adam(weights, lr=1e-3)

    def step():
        optimizer.zero_grad(set_to_none=True)
        logits = forward()
        classes = torch.tensor([row * 7 % 10 for row in range(len(logits))]) if labels is None else labels
        loss = functional.cross_entropy(logits, classes)
        loss.backward()
        optimizer.step()
        return loss

    def results():
        for _ in range(20):
            loss = step()
        return [loss.detach().reshape(1)]

    return step, results


def resnet(given, _):
    x, head, bias = images(given['x']), given['head'], torch.zeros(10)
    weights = [head, bias]

    def stage(name):
        kernel, gain, shift = kernel_of(given[name]), torch.ones(16), torch.zeros(16)
        state = (torch.zeros(16), torch.ones(16))
        weights.extend([kernel, gain, shift])

        def run(y):
            y = functional.conv2d(y, kernel, padding=1)
            return functional.batch_norm(y, *state, gain, shift, True, 0.1, EPSILON)

        return run

    stem = stage('stem')
    blocks = [(stage(f'first{i}'), stage(f'second{i}')) for i in range(3)]

    def forward():
        y = functional.relu(stem(x))
        for first, second in blocks:
            y = functional.relu(y + second(functional.relu(first(y))))
        return torch.addmm(bias, y.mean((2, 3)), head)

    return training(forward, weights)


def convnext(given, _):
    x, head, bias = images(given['x']), given['head'], torch.zeros(10)
    weights = [head, bias]

    def block(i):
        kernel, up, down = depthwise_of(given[f'depthwise{i}']), given[f'up{i}'], given[f'down{i}']
        slid, wide, narrow = torch.zeros(32), torch.zeros(128), torch.zeros(32)
        gain, shift = torch.ones(32), torch.zeros(32)
        gamma, beta = torch.zeros(128), torch.zeros(128)
        weights.extend([kernel, slid, gain, shift, up, wide, gamma, beta, down, narrow])

        def run(y):
            z = functional.conv2d(y, kernel, slid, padding=3, groups=32).permute(0, 2, 3, 1)
            z = functional.layer_norm(z, (32,), gain, shift, EPSILON)
            z = functional.gelu(z @ up + wide)
            strength = torch.sqrt(z.square().sum((1, 2), keepdim=True) + EPSILON)
            z = gamma * (z * (strength / (strength.mean(-1, keepdim=True) + EPSILON))) + beta + z
            return y + (z @ down + narrow).permute(0, 3, 1, 2)

        return run

    blocks = [block(i) for i in range(3)]

    def forward():
        y = x
        for run in blocks:
            y = run(y)
        return torch.addmm(bias, y.mean((2, 3)), head)

    return training(forward, weights)


MAKERS = {
    'conv2d': conv2d,
    'depthwise': depthwise,
    'maxPool': pool(functional.max_pool2d),
    'averagePool': pool(functional.avg_pool2d),
    'resnet': resnet,
    'convnext': convnext,
}
