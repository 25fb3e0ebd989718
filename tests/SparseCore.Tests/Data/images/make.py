"""Makes the small JPEG files of this folder and golden.csv, what Pillow (with libjpeg-turbo) makes of them.

Run from the repository's root with Debian's python3-pil: python3 tests/SparseCore.Tests/Data/images/make.py
A line of golden.csv: file, what was done, width, height, the pixels as hexadecimal digits, red, green, blue, row by row.
"""

import math
from pathlib import Path

from PIL import Image

FOLDER = Path("tests/SparseCore.Tests/Data/images")
lines = []


def picture(width, height, mode):
    """Waves and edges in every channel."""
    channels = {"L": 1, "RGB": 3, "CMYK": 4}[mode]
    values = bytearray()
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                wave = 90 * math.sin((x * (c + 2) + 3 * y) / 9.0) + 60 * math.cos((y * (c + 1) - x) / 7.0)
                edge = 40 if (x // 8 + y // 8 + c) % 3 == 0 else 0
                values.append(max(0, min(255, int(110 + wave + edge))))
    return Image.frombytes(mode, (width, height), bytes(values))


def record(name, work, image):
    image = image.convert("RGB")
    lines.append(f"{name},{work},{image.width},{image.height},{image.tobytes().hex()}")


def save(name, width, height, mode, **options):
    picture(width, height, mode).save(FOLDER / name, "JPEG", **options)
    record(name, "decode", Image.open(FOLDER / name))


def opened(name, width, height, grid):
    """The image, decoded at 1/8, 1/4 or 1/2 of its size where a box of width x height still has a grid's pixels then, and by how much it was reduced."""
    image = Image.open(FOLDER / name)
    reduction = next(r for r in (8, 4, 2, 1) if r == 1 or (width >= r * grid[0] and height >= r * grid[1]))
    if reduction > 1:
        image.draft("RGB", (image.width // reduction, image.height // reduction))
    return image.convert("RGB"), reduction


def resized(name, left, top, width, height, grid):
    image, reduction = opened(name, width, height, grid)
    edges = tuple(edge / reduction for edge in (left, top, left + width, top + height))
    return image.resize(grid, Image.BILINEAR, box=edges)


def box(name, left, top, width, height, size):
    record(name, f"box {left} {top} {width} {height} {size}", resized(name, left, top, width, height, (size, size)))


def centre(name, size):
    width, height = Image.open(FOLDER / name).size
    shorter = round(size * 256 / 224)
    longer = int(shorter * max(width, height) / min(width, height))
    grid = (shorter, longer) if width < height else (longer, shorter)
    left, top = round((grid[0] - size) / 2), round((grid[1] - size) / 2)
    record(name, f"centre {size}", resized(name, 0, 0, width, height, grid).crop((left, top, left + size, top + size)))


def reduced(name, reduction):
    image = Image.open(FOLDER / name)
    image.draft("RGB", (image.width // reduction, image.height // reduction))
    record(name, f"reduce {reduction}", image)


save("color420.jpg", 61, 47, "RGB", quality=85, subsampling=2)
save("color444.jpg", 40, 30, "RGB", quality=95, subsampling=0)
save("grey.jpg", 33, 29, "L", quality=85)
save("inks.jpg", 24, 20, "CMYK", quality=90)
save("progressive.jpg", 50, 40, "RGB", quality=80, progressive=True)
exif = Image.Exif()
exif[0x0112] = 6
save("turned.jpg", 40, 24, "RGB", quality=85, exif=exif)
save("dot.jpg", 1, 1, "RGB", quality=85)
picture(320, 240, "RGB").save(FOLDER / "wide.jpg", "JPEG", quality=50, subsampling=2)
for reduction in (4, 8):
    reduced("wide.jpg", reduction)
box("color420.jpg", 5, 3, 50, 41, 16)
box("color420.jpg", 0, 0, 61, 47, 16)
box("color444.jpg", 7, 4, 11, 9, 20)
box("grey.jpg", 1, 2, 30, 24, 16)
box("dot.jpg", 0, 0, 1, 1, 8)
box("wide.jpg", 131, 57, 40, 30, 24)
box("wide.jpg", 0, 0, 320, 240, 16)
box("wide.jpg", 13, 9, 301, 197, 24)
box("wide.jpg", 21, 30, 133, 140, 30)
for name in ("color420.jpg", "wide.jpg", "turned.jpg", "dot.jpg"):
    centre(name, 16)
centre("color444.jpg", 28)
picture(8, 6, "RGB").save(FOLDER / "picture.png.jpg", "PNG")
(FOLDER / "golden.csv").write_text("\n".join(lines) + "\n")
