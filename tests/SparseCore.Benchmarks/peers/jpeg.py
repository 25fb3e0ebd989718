"""Decoded and augmented 224 x 224 images by torchvision (Pillow decodes and resizes), as its reference training does, in batches of 32.

Reads lines "FOLDER train|val PROCESSES" and answers each with the microseconds of one pass over FOLDER/train or FOLDER/val, which holds class folders.
With 1 process the reader itself decodes; with more, as many workers do. The first pass of every kind is not counted.
"""

import os
import sys
import time

import PIL
import torch
import torchvision
from torchvision import transforms

torch.set_num_threads(1)
LAST = [transforms.ToTensor(), transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]
VIEWS = {
    "train": transforms.Compose([transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), *LAST]),
    "val": transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), *LAST]),
}
loaders = {}


def one_pass(loader):
    start = time.perf_counter()
    for images, _ in loader:
        assert images.shape[1:] == (3, 224, 224)
    return (time.perf_counter() - start) * 1e6


def main():
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, Pillow {PIL.__version__}", flush=True)
    for line in sys.stdin:
        folder, part, processes = line.rsplit(maxsplit=2)
        key = (folder, part, processes)
        if key not in loaders:
            data = torchvision.datasets.ImageFolder(os.path.join(folder, part), VIEWS[part])
            workers = 0 if processes == "1" else int(processes)
            loaders[key] = torch.utils.data.DataLoader(data, 32, shuffle=part == "train", num_workers=workers, persistent_workers=workers > 0)
            one_pass(loaders[key])
        print(f"{one_pass(loaders[key]):.1f}", flush=True)


main()
