"""Rows of the Hessian of a masked LeNet5 in PyTorch, by differentiating the gradient: as curvature is usually computed there.

Reads lines "SPARSITY EXAMPLES ROWS" and answers each with the microseconds of every row, without those of the gradients, which all rows share. Two threads, single
precision, batches of 1,000 examples; the graph of a batch's gradient is kept for all its rows.
"""

import sys
import time

import torch
import torch.nn.functional as F

from masked_lenet5 import MaskedLeNet5

torch.set_num_threads(2)
BATCH = 1000


def measure(sparsity, examples, rows):
    torch.manual_seed(1)
    network = MaskedLeNet5(sparsity)
    images = torch.randint(0, 256, (BATCH, 1, 28, 28), dtype=torch.uint8)
    labels = torch.arange(BATCH) % 10
    each = [0.0] * rows
    for _ in range(0, examples, BATCH):
        logits, weights = network.forward(images.float() / 255)
        parameters = weights + network.biases
        gradients = torch.autograd.grad(F.cross_entropy(logits, labels), parameters, create_graph=True)
        active = [(index, place) for index, mask in enumerate(network.masks) for place in mask.flatten().nonzero().flatten().tolist()]
        for row in range(rows):
            index, place = active[row * len(active) // rows]
            start = time.perf_counter()
            torch.autograd.grad(gradients[index].flatten()[place], parameters, retain_graph=True, allow_unused=True)
            each[row] += time.perf_counter() - start
    return each


print("torch", torch.__version__, flush=True)
for line in sys.stdin:
    sparsity, examples, rows = line.split()
    print(" ".join(str(seconds * 1e6) for seconds in measure(float(sparsity), int(examples), int(rows))), flush=True)
