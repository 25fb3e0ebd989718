"""Writes torch-residual.json: a small residual network with batch normalisation in PyTorch, in double precision.

Logits with the batch's and with running statistics; smoothed loss, gradient and a Hessian-vector product; all parameters and running statistics after
two steps of SGD with Nesterov momentum, L2 (weights only) and label smoothing. Parameters in the order of a ParameterBlock: weights (and biases) layer by
layer, then scales and shifts of every batch normalisation, then running means and variances.

Made with PyTorch 1.13.1 by: python3 torch_residual.py > torch-residual.json
"""
import json

import torch
from torch import nn
from torch.nn import functional as f

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
SMOOTHING, RATE, MOMENTUM, L2 = 0.1, 0.05, 0.9, 1e-3


def convolution(inputs, outputs, kernel, stride=1, padding=0):
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = convolution(inputs, width, 1), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = convolution(width, width, 3, stride, 1), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = convolution(width, outputs, 1), nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential(convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs)) if inputs != outputs else None

    def forward(self, x):
        y = f.relu(self.bn1(self.conv1(x)))
        y = f.relu(self.bn2(self.conv2(y)))
        return f.relu(self.bn3(self.conv3(y)) + (x if self.downsample is None else self.downsample(x)))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = convolution(2, 4, 7, 2, 3), nn.BatchNorm2d(4)
        self.layer1 = nn.Sequential(Bottleneck(4, 3, 6, 2), Bottleneck(6, 3, 6, 1))
        self.fc = nn.Linear(6, 5)

    def forward(self, x):
        x = f.max_pool2d(f.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.fc(self.layer1(x).mean((2, 3)))


network = Residual()
layers = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
weights = [layer.weight for layer in layers]
trained = [p for layer in layers for p in layer.parameters()] + [p for norm in norms for p in (norm.weight, norm.bias)]
for parameter in trained:
    parameter.data = torch.randn(parameter.shape) * 0.5
weights[2].data[torch.rand(weights[2].shape) < 0.5] = 0
for norm in norms:
    norm.weight.data += 1
    norm.running_mean.copy_(torch.randn(norm.num_features))
    norm.running_var.copy_(torch.rand(norm.num_features) + 0.5)


def flat(tensors):
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors]).tolist()


def values():
    return flat(trained + [statistic for norm in norms for statistic in (norm.running_mean, norm.running_var)])


batches = [torch.round(torch.randn(11, 2, 13, 11) * 16) / 16 for _ in range(2)]
labels = [torch.arange(11) % 5, torch.arange(11) * 3 % 5]
vector = [torch.randn(parameter.shape) for parameter in trained]
statistics = [torch.zeros(2 * norm.num_features) for norm in norms]
result = {
    "parameters": values(), "vector": flat(vector + statistics), "smoothing": SMOOTHING, "rate": RATE, "momentum": MOMENTUM, "l2": L2,
    "examples": [flat([batch]) for batch in batches], "labels": [batch.tolist() for batch in labels],
}



def derivatives():
    """Of the first batch; running statistics are put back afterwards."""
    before = [(norm.running_mean.clone(), norm.running_var.clone()) for norm in norms]
    logits = network(batches[0])
    loss = f.cross_entropy(logits, labels[0], label_smoothing=SMOOTHING)
    gradient = torch.autograd.grad(loss, trained, create_graph=True)
    product = torch.autograd.grad(sum((g * v).sum() for g, v in zip(gradient, vector)), trained)
    for norm, (mean, variance) in zip(norms, before):
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
    return {"logits": flat([logits]), "loss": loss.item(), "gradient": flat(list(gradient) + statistics), "product": flat(list(product) + statistics)}


result["running"] = (network.eval(), derivatives())[1]
result["batch"] = (network.train(), derivatives())[1]
others = [p for p in trained if all(p is not weight for weight in weights)]
sgd = torch.optim.SGD([{"params": weights, "weight_decay": 2 * L2}, {"params": others}], lr=RATE, momentum=MOMENTUM, nesterov=True)
result["steps"] = []
for batch, truth in zip(batches, labels):
    sgd.zero_grad()
    f.cross_entropy(network(batch), truth, label_smoothing=SMOOTHING).backward()
    sgd.step()
    result["steps"].append(values())

print(json.dumps(result))
