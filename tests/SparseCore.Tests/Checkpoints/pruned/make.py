"""Makes this folder's safetensors files: one small network, pruned by tools of PyTorch, saved in the ways in which they leave it. expected.csv is what PyTorch computes with.

Run from the repository's root with Debian's python3-torch: python3 tests/SparseCore.Tests/Checkpoints/pruned/make.py
bitmask.safetensors has the layout of compressed-tensors' sparse-bitmask (bits by numpy.packbits, lowest first, row by row), written here by hand.
"""

import json
import struct
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.ao.sparsity import WeightNormSparsifier  # later versions: torch.ao.pruning
from torch.nn.utils import prune

FOLDER = Path("tests/SparseCore.Tests/Checkpoints/pruned")
TYPES = {torch.float32: "F32", torch.bool: "BOOL", torch.uint8: "U8", torch.int64: "I64"}


def network():
    """Fully connected 9-5-4-3, the same values every time."""
    torch.manual_seed(1)
    layers = nn.Module()
    layers.fc1, layers.fc2, layers.fc3 = nn.Linear(9, 5), nn.Linear(5, 4), nn.Linear(4, 3)
    return layers


def save(name, state):
    header, data = {}, b""
    for key in sorted(state):
        tensor = state[key].detach().contiguous()
        value = tensor.numpy().tobytes()
        header[key] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(value)]}
        data += value
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (FOLDER / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


lines = []


def record(name, layers):
    for layer in ("fc1", "fc2", "fc3"):
        weight = getattr(layers, layer).weight.detach().flatten().tolist()
        lines.append(f"{name},{layer}," + " ".join(repr(float(value)) for value in weight))


def by_prune():
    layers = network()
    prune.l1_unstructured(layers.fc1, "weight", 0.6)
    prune.random_unstructured(layers.fc2, "weight", 0.5)
    layers.fc2(layers.fc1(torch.ones(9)))  # the weight is computed again when the layer is used
    record("prune.safetensors", layers)
    save("prune.safetensors", layers.state_dict())


def by_ao():
    layers = network()
    sparsifier = WeightNormSparsifier(sparsity_level=0.5, sparse_block_shape=(1, 1), zeros_per_block=1)
    sparsifier.prepare(layers, [{"tensor_fqn": "fc1.weight"}, {"tensor_fqn": "fc2.weight"}])
    sparsifier.step()
    record("ao.safetensors", layers)
    save("ao-without-masks.safetensors", layers.state_dict())  # as torch.ao leaves it: the sparsifier keeps the masks
    masks = {f"{name}.parametrizations.weight.0.mask": getattr(layers, name).parametrizations.weight[0].mask for name in ("fc1", "fc2")}
    save("ao.safetensors", layers.state_dict() | masks)  # as parametrizations leave it that store theirs (sparsimony)


def by_bitmask():
    layers = network()
    state = {}
    for name, value in layers.state_dict().items():
        if name not in ("fc1.weight", "fc2.weight"):
            state[name] = value
            continue
        value[value.abs() < 0.2] = 0
        active = value != 0
        counts = active.sum(dim=-1)
        state[name + ".compressed"] = value[active]
        state[name + ".bitmask"] = torch.from_numpy(numpy.packbits(active.numpy(), axis=-1, bitorder="little"))
        state[name + ".shape"] = torch.tensor(value.shape)
        state[name + ".row_offsets"] = torch.cumsum(counts, 0) - counts
    record("bitmask.safetensors", layers)
    save("bitmask.safetensors", state)


by_prune()
by_ao()
by_bitmask()
(FOLDER / "expected.csv").write_text("\n".join(lines) + "\n")
