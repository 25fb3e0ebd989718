"""Writes torch-small.json: loss, gradient and a Hessian-vector product of a small network from PyTorch in double precision.

Made with PyTorch 1.13.1 by: python3 torch_small.py > torch-small.json
"""
import json

import torch
from torch.nn import functional as f

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
shapes = [(3, 2, 3, 3), (3,), (4, 3, 2, 2), (4,), (5, 16), (5,)]
parameters = [(torch.randn(shape) * 0.5).requires_grad_() for shape in shapes]
parameters[2].data[torch.rand(shapes[2]) < 0.5] = 0
vector = [torch.randn(shape) for shape in shapes]
examples = torch.randn(6, 2, 9, 9)
labels = torch.tensor([0, 1, 2, 3, 4, 1])


def flat(tensors):
    return torch.cat([tensor.reshape(-1) for tensor in tensors]).tolist()


x = f.max_pool2d(f.relu(f.conv2d(examples, parameters[0], parameters[1], stride=2, padding=1)), 3, 2)
x = f.max_pool2d(f.relu(f.conv2d(x, parameters[2], parameters[3], padding=1)), 2, 1)
logits = f.linear(x.flatten(1), parameters[4], parameters[5])
loss = f.cross_entropy(logits, labels)
gradient = torch.autograd.grad(loss, parameters, create_graph=True)
product = torch.autograd.grad(sum((g * v).sum() for g, v in zip(gradient, vector)), parameters)
print(json.dumps({
    "parameters": flat(parameters), "vector": flat(vector), "examples": flat([examples]), "labels": labels.tolist(),
    "logits": flat([logits]), "loss": loss.item(), "gradient": flat(gradient), "product": flat(product),
}))
