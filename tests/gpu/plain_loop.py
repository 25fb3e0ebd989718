"""Training steps of masked LeNet5 or ResNet-50 in plain PyTorch: every forward pass multiplies dense weights by their masks.

Arguments: DEVICE NETWORK PRECISION SIZE BATCH WARM_UP STEPS. Prints the median time of a step in milliseconds; the loss is read after each step.
"""

import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class MaskedConv(nn.Conv2d):
    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias, self.stride, self.padding)


class MaskedLinear(nn.Linear):
    def forward(self, x):
        return F.linear(x, self.weight * self.mask, self.bias)


def lenet5():
    return nn.Sequential(
        MaskedConv(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), MaskedConv(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        MaskedLinear(256, 120), nn.ReLU(), MaskedLinear(120, 84), nn.ReLU(), MaskedLinear(84, 10),
    )


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.path = nn.Sequential(
            MaskedConv(inputs, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
            MaskedConv(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
            MaskedConv(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width),
        )
        self.skip = nn.Identity()
        if inputs != 4 * width:
            self.skip = nn.Sequential(MaskedConv(inputs, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x):
        return F.relu(self.path(x) + self.skip(x), inplace=True)


def resnet50():
    layers = [MaskedConv(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for group, (width, depth) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)]):
        for block in range(depth):
            layers.append(Bottleneck(inputs, width, 2 if block == 0 and group > 0 else 1))
            inputs = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), MaskedLinear(2048, 1000))


def main():
    device, name, precision = sys.argv[1:4]
    size, batch, warm_up, steps = (int(text) for text in sys.argv[4:8])
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    model, channels, classes, density = (lenet5(), 1, 10, 0.05) if name == "lenet5" else (resnet50(), 3, 1000, 0.2)
    for module in model.modules():
        if isinstance(module, (MaskedConv, MaskedLinear)):
            module.register_buffer("mask", (torch.rand_like(module.weight) < density).float())
    model.to(device)
    images = torch.randint(0, 256, (2 * batch, channels, size, size), dtype=torch.uint8, device=device)
    labels = torch.arange(2 * batch, device=device) % classes
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, weight_decay=2e-4)
    times = []
    for step in range(warm_up + steps):
        start = time.perf_counter()
        first = step % 2 * batch
        with torch.autocast(torch.device(device).type, dtype=torch.bfloat16, enabled=precision == "bf16"):
            loss = F.cross_entropy(model(images[first : first + batch].float() / 255), labels[first : first + batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        times.append((time.perf_counter() - start) * 1e3)
    print(f"{statistics.median(times[warm_up:]):.2f}")


main()
