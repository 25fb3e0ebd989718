"""Exchange of ResNet-50 and VGG16 with torchvision, on weights and images from an integer hash, so that both sides have them without a file.

    /usr/bin/python3 torchvision_exchange.py reference            writes data/torchvision.json: names, shapes and logits
    /usr/bin/python3 torchvision_exchange.py save NETWORK FILE    writes the weights as safetensors, for scripts/import.fsx
    /usr/bin/python3 torchvision_exchange.py check NETWORK FILE   loads what scripts/export.fsx wrote (strictly) and compares logits

NETWORK is resnet50 or vgg16-classic. Needs Debian's python3-torchvision; written with torch 1.13 and torchvision 0.14.
"""

import json
import os
import struct
import sys

import numpy
import torch
import torchvision

IMAGES = 2
NETWORKS = {"resnet50": torchvision.models.resnet50, "vgg16-classic": torchvision.models.vgg16}
REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "torchvision.json")


def uniform(name, count):
    """Numbers in [0, 1) with 24 bits, from a hash of name and index; TorchvisionTests.Uniform is the same."""
    seed = 2166136261
    for letter in name.encode():
        seed = ((seed ^ letter) * 16777619) & 0xFFFFFFFF
    key = (numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(2654435761)) + numpy.uint32(seed)
    for shift, factor in ((15, 2246822519), (13, 3266489917)):
        key ^= key >> numpy.uint32(shift)
        key *= numpy.uint32(factor)
    key ^= key >> numpy.uint32(16)
    return (key >> numpy.uint32(8)).astype(numpy.float32) * numpy.float32(2.0**-24)


def values(name, shape):
    """A parameter: kernels with variance 2 / fan-in, norms near the identity."""
    number = uniform(name, int(numpy.prod(shape)))
    if len(shape) > 1:
        number = (number - numpy.float32(0.5)) * numpy.float32(numpy.sqrt(24.0 / numpy.prod(shape[1:])))
    elif name.endswith("running_var"):
        number = number + numpy.float32(0.5)
    elif name.endswith("weight"):
        number = (number + numpy.float32(0.5)) * numpy.float32(0.5)
    else:
        number = (number - numpy.float32(0.5)) * numpy.float32(0.25)
    return torch.from_numpy(number.reshape(shape))


def state(model):
    return {name: values(name, tuple(tensor.shape)) for name, tensor in model.state_dict().items() if not name.endswith("num_batches_tracked")}


def logits(model):
    model.eval()
    images = torch.from_numpy(uniform("images", IMAGES * 3 * 224 * 224).reshape(IMAGES, 3, 224, 224)) * 4 - 2
    with torch.no_grad():
        return model(images).numpy()


def write(path, tensors):
    header, offset = {}, 0
    for name, tensor in tensors.items():
        size = tensor.numel() * 4
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.contiguous().numpy().tobytes())


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), file.read()
    header.pop("__metadata__", None)
    return {
        name: torch.from_numpy(numpy.frombuffer(data[slice(*entry["data_offsets"])], numpy.float32).reshape(entry["shape"]).copy())
        for name, entry in header.items()
    }


def loaded(network, tensors):
    model = NETWORKS[network]()
    counters = {name: tensor for name, tensor in model.state_dict().items() if name.endswith("num_batches_tracked")}
    model.load_state_dict({**tensors, **counters}, strict=True)
    return model


def main(command, network=None, path=None):
    if command == "reference":
        result = {}
        for name in NETWORKS:
            tensors = state(NETWORKS[name]())
            result[name] = {
                "shapes": {key: list(tensor.shape) for key, tensor in tensors.items()},
                "logits": [float(f"{value:.7g}") for value in logits(loaded(name, tensors)).flatten().tolist()],
            }
            print(name, "deviation of the logits", numpy.std(result[name]["logits"]))
        with open(REFERENCE, "w") as file:
            file.write("{\n" + ",\n".join(f'"{name}": {json.dumps(entry)}' for name, entry in result.items()) + "\n}\n")
    elif command == "save":
        write(path, state(NETWORKS[network]()))
    else:
        with open(REFERENCE) as file:
            expected = numpy.array(json.load(file)[network]["logits"])
        difference = numpy.abs(logits(loaded(network, read(path))).flatten() - expected).max()
        print(f"{network}: largest difference of {expected.size} logits {difference:.2e}")
        sys.exit(0 if difference <= 1e-3 else 1)


main(*sys.argv[1:])
