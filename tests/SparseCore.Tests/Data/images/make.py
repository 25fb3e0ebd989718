"""Makes the small JPEG files of this folder and golden.csv, what Pillow (with libjpeg-turbo) makes of them; and samples.csv.

Run from the repository's root with Debian's python3-pil: python3 tests/SparseCore.Tests/Data/images/make.py
A line of golden.csv: file, what was done, width, height, the pixels as hexadecimal digits, red, green, blue, row by row.
A line of samples.csv: name, reduction while decoding, width, height (0 where Pillow refuses the file), the file, the pixels. It holds PNG files of every
kind, and damaged JPEG files.
"""

import ctypes
import io
import math
import os
import re
import struct
import zlib
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

samples = []


def sample(name, file, *reductions):
    """Records what Pillow makes of a file."""
    for reduction in reductions or (1,):
        try:
            image = Image.open(io.BytesIO(file))
            image.draft("RGB", (image.width // reduction, image.height // reduction))
            image = image.convert("RGB")
            samples.append(f"{name},{reduction},{image.width},{image.height},{file.hex()},{image.tobytes().hex()}")
        except (OSError, SyntaxError):
            samples.append(f"{name},{reduction},0,0,{file.hex()},")


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


PNG_START = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def filtered(rows, step):
    """Every row with another one of the five filters."""
    before = bytes(len(rows[0])) if rows else b""
    result = bytearray()
    for number, row in enumerate(rows):
        kind = number % 5
        result.append(kind)
        for place, value in enumerate(row):
            left = row[place - step] if place >= step else 0
            corner = before[place - step] if place >= step else 0
            up = before[place]
            nearest = min((left, up, corner), key=lambda guess: abs(left + up - corner - guess))
            result.append((value - (0, left, up, (left + up) // 2, nearest)[kind]) % 256)
        before = row
    return bytes(result)


def png(width, height, depth, colors, interlaced=False, extra=b"", parts=1):
    """Waves, in any kind of PNG: Pillow itself writes only some."""
    channels = CHANNELS[colors]

    def value(x, y, c):
        return int((0.5 + 0.5 * math.sin((x * (c + 2) + 3 * y) / 3.0) * math.cos((y - x * c) / 5.0)) * ((1 << depth) - 1))

    def row(xs, y):
        bits = "".join(format(value(x, y, c), f"0{depth}b") for x in xs for c in range(channels))
        return bytes(int(bits[place:place + 8].ljust(8, "0"), 2) for place in range(0, len(bits), 8))

    data = b""
    for left, top, across, down in PASSES if interlaced else ((0, 0, 1, 1),):
        xs = range(left, width, across)
        data += filtered([row(xs, y) for y in range(top, height, down)] if xs else [], max(1, channels * depth // 8))
    packed = zlib.compress(data)
    cuts = [len(packed) * part // parts for part in range(parts + 1)]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colors, 0, 0, int(interlaced)))
    return PNG_START + header + extra + b"".join(chunk(b"IDAT", packed[a:b]) for a, b in zip(cuts, cuts[1:])) + chunk(b"IEND", b"")


def palette(count):
    return chunk(b"PLTE", bytes((37 * value + 11) % 256 for value in range(3 * count)))


for depth in (1, 2, 4, 8):
    for interlaced in (False, True):
        sample(f"png grey {depth}{' interlaced' * interlaced}", png(13, 11, depth, 0, interlaced))
        sample(f"png palette {depth}{' interlaced' * interlaced}", png(13, 11, depth, 3, interlaced, palette(1 << depth)))
for name, colors in (("color", 2), ("grey and alpha", 4), ("color and alpha", 6)):
    for depth in (8, 16):
        for interlaced in (False, True):
            sample(f"png {name} {depth}{' interlaced' * interlaced}", png(11, 9, depth, colors, interlaced))
sample("png one pixel interlaced", png(1, 1, 8, 2, True))
sample("png three columns interlaced", png(3, 9, 4, 0, True))
sample("png grey transparent", png(7, 6, 8, 0, extra=chunk(b"tRNS", b"\0\x80")))
sample("png palette transparent", png(7, 6, 4, 3, extra=palette(16) + chunk(b"tRNS", bytes(range(0, 160, 10)))))
sample("png color transparent", png(7, 6, 8, 2, extra=chunk(b"tRNS", b"\0\x80\0\x80\0\x80")))
sample("png palette short", png(7, 6, 4, 3, extra=palette(5)))
sample("png palette missing", png(7, 6, 4, 3))
sample("png gamma", png(7, 6, 8, 2, extra=chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"sRGB", b"\0")))
sample("png in parts", png(7, 6, 8, 2, parts=5))
sample("png and more", png(7, 6, 8, 2) + b"more")
frames = io.BytesIO()
picture(8, 6, "RGB").save(frames, "PNG", save_all=True, append_images=[picture(8, 6, "RGB").transpose(Image.ROTATE_180)])
sample("png animated", frames.getvalue())
still = png(7, 6, 8, 2)
packed = zlib.compress(b"\7" + bytes(21) + bytes(22 * 5))
sample("png unknown filter", still[:33] + chunk(b"IDAT", packed) + chunk(b"IEND", b""))
sample("png interrupted", still[:33] + chunk(b"IDAT", packed[:4]) + chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", packed[4:]) + chunk(b"IEND", b""))
damaged = bytearray(zlib.compress(bytes(22 * 6)))
damaged[-1] ^= 1
sample("png wrong Adler-32", still[:33] + chunk(b"IDAT", bytes(damaged)) + chunk(b"IEND", b""))


def jpeg(width, height, mode="RGB", **options):
    target = io.BytesIO()
    picture(width, height, mode).save(target, "JPEG", **options)
    return target.getvalue()


def with_restarts(width, height):
    """A JPEG file with restart markers, which Pillow 9 does not write, from TurboJPEG."""
    os.environ["TJ_RESTART"] = "2B"
    library = ctypes.CDLL("libturbojpeg.so.0")
    library.tjInitCompress.restype = ctypes.c_void_p
    file, size = ctypes.c_void_p(), ctypes.c_ulong()
    pixels = picture(width, height, "RGB").tobytes()
    done = library.tjCompress2(
        ctypes.c_void_p(library.tjInitCompress()), pixels, width, 0, height, 0, ctypes.byref(file), ctypes.byref(size), 0, 85, 0)
    assert done == 0
    return ctypes.string_at(file, size.value)


def marker(file, code, start=0):
    return file.index(bytes((0xFF, code)), start)


def put(file, place, content):
    return file[:place] + content + file[place:]


def over(file, place, content):
    return file[:place] + content + file[place + len(content):]


plain = jpeg(28, 20, quality=85, subsampling=2)
scans = jpeg(28, 20, quality=85, progressive=True)
inks = jpeg(20, 12, "CMYK", quality=85)
restarts = with_restarts(28, 20)
scan, end = marker(plain, 0xDA), len(plain) - 2
second = marker(scans, 0xC4, marker(scans, 0xDA))
data = scan + 14
sample("jpeg extra bytes before the end", put(plain, end, bytes(range(1, 21))), 1, 2)
sample("jpeg extra bytes before the scan", put(plain, scan, b"junk"), 1)
sample("jpeg extra bytes between segments", put(plain, 20, b"\0\0\0"), 1)
sample("jpeg extra bytes between scans", put(scans, second, bytes(range(1, 21))), 1, 2)
sample("jpeg byte flipped in the data", over(plain, data + 60, bytes((plain[data + 60] ^ 0x55,))), 1, 2)
sample("jpeg zeros in the data", over(plain, data + 40, bytes(60)), 1, 2)
sample("jpeg data cut with an end", plain[:data + 90] + b"\xff\xd9", 1, 2)
sample("jpeg progressive data cut with an end", scans[:marker(scans, 0xDA, second) + 30] + b"\xff\xd9", 1, 2)
sample("jpeg table cut with an end", scans[:second + 20] + b"\xff\xd9", 1)
sample("jpeg no data with an end", plain[:data] + b"\xff\xd9", 1)
sample("jpeg ink data cut with an end", inks[:marker(inks, 0xDA) + 60] + b"\xff\xd9", 1)
first = marker(restarts, 0xD0)
sample("jpeg restarts", restarts, 1, 2)
sample("jpeg restart missing", restarts[:first] + restarts[first + 2:], 1, 2)
sample("jpeg restart wrong", over(restarts, first + 1, b"\xd5"), 1)
sample("jpeg all restarts missing", re.sub(rb"\xff[\xd0-\xd7]", b"", restarts), 1)
sample("jpeg unknown Adobe transform", plain[:2] + b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\7" + plain[20:], 1)
sample("jpeg ink transform unknown", over(inks, inks.index(b"Adobe") + 11, b"\7"), 1)
sample("jpeg unknown JFIF version", over(plain, 11, b"\3"), 1, 2)
frame = marker(plain, 0xC0)
sample("jpeg uncommon sampling", over(plain, frame + 14, b"\x12"), 1)
sample("jpeg bytes behind the end", plain + b"more", 1)
sample("jpeg two frame headers", put(plain, scan, plain[frame:frame + 19]), 1)
sample("jpeg failure after a warning", put(plain, scan, b"junk" + plain[frame:frame + 19]), 1)
sample("jpeg failure between scans after a warning", put(scans, second, b"\7\7\xff\xc3\0\3\0"), 1)
sample("jpeg unknown table", over(plain, data - 13 + 4, b"\x33"), 1)
(FOLDER / "samples.csv").write_text("\n".join(samples) + "\n")
