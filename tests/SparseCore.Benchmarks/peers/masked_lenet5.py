"""Masked LeNet5 in PyTorch, as sparse training is usually simulated: every forward pass multiplies dense weights by their masks.

Reads lines "train SPARSITY STEPS" or "evaluate SPARSITY REPEATS" and answers each with the microseconds of every step or pass, so that the
benchmark can take turns with it. One thread; batch 128; evaluation of 10,000 images in batches of 1,000.
"""

import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(1)

IMAGES = torch.randint(0, 256, (10000, 1, 28, 28), dtype=torch.uint8)
LABELS = torch.arange(10000) % 10
SHAPES = [(6, 1, 5, 5), (16, 6, 5, 5), (120, 256), (84, 120), (10, 84)]


class MaskedLeNet5:
    def __init__(self, sparsity):
        self.weights = []
        self.masks = []
        self.biases = []
        for shape in SHAPES:
            fan_in = int(torch.tensor(shape[1:]).prod())
            weight = torch.randn(shape) * (2.0 / fan_in) ** 0.5
            mask = torch.zeros(weight.numel())
            mask[torch.randperm(weight.numel())[: round((1 - sparsity) * weight.numel())]] = 1
            self.weights.append(weight.requires_grad_())
            self.masks.append(mask.reshape(shape))
            self.biases.append(torch.zeros(shape[0], requires_grad=True))
        self.optimizer = torch.optim.SGD(self.weights + self.biases, lr=0.01, momentum=0.9)

    def forward(self, x):
        w = [weight * mask for weight, mask in zip(self.weights, self.masks)]
        b = self.biases
        x = F.max_pool2d(F.relu(F.conv2d(x, w[0], b[0])), 2)
        x = F.max_pool2d(F.relu(F.conv2d(x, w[1], b[1])), 2)
        x = x.flatten(1)
        x = F.relu(F.linear(x, w[2], b[2]))
        x = F.relu(F.linear(x, w[3], b[3]))
        return F.linear(x, w[4], b[4]), w

    def step(self):
        batch = torch.randint(0, 10000, (128,))
        start = time.perf_counter()
        logits, w = self.forward(IMAGES[batch].float() / 255)
        loss = F.cross_entropy(logits, LABELS[batch]) + 5e-4 * sum((weight * weight).sum() for weight in w)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return (time.perf_counter() - start) * 1e6

    def evaluate(self):
        start = time.perf_counter()
        with torch.no_grad():
            total = 0.0
            for first in range(0, 10000, 1000):
                logits, _ = self.forward(IMAGES[first : first + 1000].float() / 255)
                total += float(F.cross_entropy(logits, LABELS[first : first + 1000], reduction="sum"))
        return (time.perf_counter() - start) * 1e6


def main():
    print("torch", torch.__version__, flush=True)
    models = {}
    for line in sys.stdin:
        what, sparsity, count = line.split()
        model = models.setdefault(sparsity, MaskedLeNet5(float(sparsity)))
        work = model.step if what == "train" else model.evaluate
        print(" ".join(f"{work():.1f}" for _ in range(int(count))), flush=True)


if __name__ == "__main__":
    main()
