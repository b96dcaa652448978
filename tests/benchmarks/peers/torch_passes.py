"""Functions in PyTorch, computed alone or with their gradients."""
import torch


def passes(f, which, g, leaves):
    """A function of leaves, computed alone or with their gradients."""
    for leaf in leaves:
        leaf.requires_grad_(which == 'both')

    def forward():
        with torch.no_grad():
            return [f(*leaves)]

    def both():
        y = f(*leaves)
        return [y, *torch.autograd.grad(y, leaves, g)]

    run = both if which == 'both' else forward
    return run, lambda: [y.detach() for y in run()]
