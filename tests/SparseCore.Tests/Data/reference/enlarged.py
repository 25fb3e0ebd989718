"""Writes enlarged.csv: the first images of MNIST's training file enlarged from 28 x 28 to 32 x 32 by Pillow (bilinear), a row of pixels a line.

Run from the repository's root with Debian's python3-pil: python3 tests/SparseCore.Tests/Data/reference/enlarged.py
"""

import gzip

from PIL import Image

IMAGES = 3

with gzip.open("data/mnist/train-images-idx3-ubyte.gz") as file:
    pixels = file.read()[16:]

with open("tests/SparseCore.Tests/Data/reference/enlarged.csv", "w") as table:
    for index in range(IMAGES):
        image = Image.frombytes("L", (28, 28), pixels[index * 784 : (index + 1) * 784]).resize((32, 32), Image.BILINEAR)
        values = image.tobytes()
        for row in range(32):
            table.write(",".join(str(value) for value in values[row * 32 : (row + 1) * 32]) + "\n")
