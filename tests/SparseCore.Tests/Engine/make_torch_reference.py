"""Writes data/torch_lenet5.json: logits, loss and gradients of a small masked LeNet5, computed by PyTorch in double precision.

Run with any Python that has torch (Debian: python3-torch): /usr/bin/python3 make_torch_reference.py. Written with PyTorch 1.13.
"""

import json
import os

import torch
import torch.nn.functional as F

torch.manual_seed(20)
torch.set_default_dtype(torch.float64)
WIDTHS = (2, 3, 7, 5)
SIDE = 16
BATCH = 5
CLASSES = 4


def rounded(*shape):
    """Normal numbers that are exact as single-precision floats, so that both sides start from the same bits."""
    return (torch.randn(*shape) * 0.5).float().double()


flat = WIDTHS[1] * ((((SIDE - 4) // 2) - 4) // 2) ** 2
shapes = [(WIDTHS[0], 1, 5, 5), (WIDTHS[1], WIDTHS[0], 5, 5), (WIDTHS[2], flat), (WIDTHS[3], WIDTHS[2]), (CLASSES, WIDTHS[3])]
masks = [(torch.rand(*shape) < 0.4).double() for shape in shapes]
weights = [(rounded(*shape) * mask).requires_grad_() for shape, mask in zip(shapes, masks)]
biases = [rounded(shape[0]).requires_grad_() for shape in shapes]
images = rounded(BATCH, 1, SIDE, SIDE)
labels = torch.arange(BATCH) % CLASSES

x = F.max_pool2d(F.relu(F.conv2d(images, weights[0], biases[0])), 2)
x = F.max_pool2d(F.relu(F.conv2d(x, weights[1], biases[1])), 2)
x = x.flatten(1)
for index in (2, 3):
    x = F.relu(F.linear(x, weights[index], biases[index]))
logits = F.linear(x, weights[4], biases[4])
loss = F.cross_entropy(logits, labels)
loss.backward()


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


result = {
    "widths": WIDTHS,
    "side": SIDE,
    "classes": CLASSES,
    "images": numbers(images),
    "labels": labels.tolist(),
    "masks": [[int(value) for value in mask.flatten().tolist()] for mask in masks],
    "weights": [numbers(weight) for weight in weights],
    "biases": [numbers(bias) for bias in biases],
    "logits": numbers(logits),
    "loss": float(loss),
    "weightGradients": [numbers(weight.grad) for weight in weights],
    "biasGradients": [numbers(bias.grad) for bias in biases],
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "torch_lenet5.json")
with open(path, "w") as file:
    file.write("{\n" + ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in result.items()) + "\n}\n")
