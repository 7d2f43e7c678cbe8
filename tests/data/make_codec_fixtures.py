"""Writes tests/data/fixtures/codecs with Pillow: python make_codec_fixtures.py tests/data/fixtures/codecs

Needs Pillow 13 with WebP and libtiff, and numpy. The tests only read the result. Where Pillow has
no opinion (16 bits, floats, other numbers of channels) the expected pixels follow docs/data.md.
"""

import io
import os
import struct
import sys

import numpy as np
import PIL
from PIL import Image, ImageOps

out = sys.argv[1]
os.makedirs(out, exist_ok=True)


def scene(height, width, seed=1):
    """Smooth areas, edges and some noise: what photos are made of."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = []
    for k in range(3):
        plane = 110 + 70 * np.sin(x / (17 + 9 * k) + k) + 50 * np.cos(y / (23 - 4 * k))
        plane[(x - width * 0.6) ** 2 + (y - height * 0.4) ** 2 < (height * 0.22) ** 2] += 60 - 50 * k
        plane[(x * 0.4 + y) % 61 < 9] -= 45
        planes.append(plane)
    image = np.stack(planes, -1) + random.normal(0, 5, (height, width, 1))
    return np.clip(image, 0, 255).astype(np.uint8)


def path(name):
    return os.path.join(out, name)


small = Image.fromarray(scene(21, 30))
expected = {}  # name: {channels: array}, where it is not Pillow's

# JPEG: orientations, sampling, restart markers, tables of its own, a photo
for value in range(1, 9):
    exif = Image.Exif()
    exif[274] = value
    small.save(path(f"exif_{value}.jpg"), quality=92, subsampling=2, exif=exif)
photo = Image.fromarray(scene(240, 320, 2))
photo.save(path("photo_420.jpg"), quality=88, subsampling=2, optimize=True)
photo.save(path("photo_422.jpg"), quality=80, subsampling=1)
photo.save(path("photo_444.jpg"), quality=75, subsampling=0, restart_marker_blocks=7)
photo.save(path("photo_progressive.jpg"), quality=75, progressive=True)
photo.convert("L").save(path("photo_grey.jpg"), quality=85, restart_marker_rows=1)
small.convert("CMYK").save(path("cmyk_large.jpg"), quality=90)

# PNG with an orientation
exif = Image.Exif()
exif[274] = 6
small.save(path("exif_6.png"), exif=exif)

# WebP
small.save(path("lossy.webp"), quality=80)
small.save(path("lossless.webp"), lossless=True)
rgba = small.copy()
rgba.putalpha(Image.fromarray(scene(21, 30, 4)[..., 0]))
rgba.save(path("alpha.webp"), lossless=True, exact=True)
small.save(path("exif_8.webp"), quality=90, exif=b"Exif\0\0" + struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, 274, 3, 1, 8, 0, 0))
small.save(path("animated.webp"), save_all=True, append_images=[small.rotate(180)], lossless=True)

# TIFF
small.save(path("lzw.tif"), compression="tiff_lzw")
small.save(path("deflate_tagged.tif"), compression="tiff_adobe_deflate", tiffinfo={274: 3})
small.quantize(16).save(path("palette.tif"))
small.convert("1").save(path("bilevel.tif"), compression="group4")
small.convert("L").save(path("grey.tif"))
small.save(path("jpeg.tif"), compression="jpeg", quality=90)
small.save(path("pages.tif"), save_all=True, append_images=[small.rotate(180)])


def tiff(name, array, order="<", separate=False, tile=None):
    """A TIFF of any number of channels, uncompressed, written by hand."""
    height, width, channels = array.shape
    kind = {"u": 1, "f": 3}[array.dtype.kind]
    bits = array.dtype.itemsize * 8
    data = array.astype(array.dtype.newbyteorder(order))
    if tile:
        pieces = []
        for y in range(0, height, tile):
            for x in range(0, width, tile):
                block = np.zeros((tile, tile, channels), data.dtype)
                part = data[y : y + tile, x : x + tile]
                block[: part.shape[0], : part.shape[1]] = part
                pieces.append(block.tobytes())
    elif separate:
        pieces = [data[..., c].tobytes() for c in range(channels)]
    else:
        pieces = [data[:8].tobytes(), data[8:].tobytes()]
    entries = [
        (256, 4, [width]), (257, 4, [height]), (258, 3, [bits] * channels), (259, 3, [1]),
        (262, 3, [2 if channels == 3 else 1]), (277, 3, [channels]), (284, 3, [2 if separate else 1]),
        (339, 3, [kind] * channels),
    ]
    if channels not in (1, 3):
        entries.append((338, 3, [0] * (channels - 1)))
    place, offsets = 8, []
    for piece in pieces:
        offsets.append(place)
        place += len(piece)
    sizes = [len(piece) for piece in pieces]
    if tile:
        entries += [(322, 4, [tile]), (323, 4, [tile]), (324, 4, offsets), (325, 4, sizes)]
    else:
        entries += [(273, 4, offsets), (278, 4, [height if separate else 8]), (279, 4, sizes)]
    entries.sort()
    directory, extra = struct.pack(order + "H", len(entries)), b""
    behind = place + 2 + 12 * len(entries) + 4
    for tag, type_, values in entries:
        body = struct.pack(order + {3: "H", 4: "I"}[type_] * len(values), *values)
        if len(body) <= 4:
            body = body.ljust(4, b"\0")
        else:
            extra, body = extra + body, struct.pack(order + "I", behind + len(extra))
        directory += struct.pack(order + "HHI", tag, type_, len(values)) + body
    magic = b"II*\0" if order == "<" else b"MM\0*"
    with open(path(name), "wb") as file:
        file.write(magic + struct.pack(order + "I", place) + b"".join(pieces))
        file.write(directory + b"\0" * 4 + extra)


random = np.random.RandomState(9)
words = random.randint(0, 65536, (13, 17, 3)).astype(np.uint16)
tiff("rgb16_big_endian.tif", words, ">")
five = random.randint(0, 65536, (13, 17, 5)).astype(np.uint16)
tiff("five16.tif", five)
tiff("five16_planes.tif", five, separate=True)
tiff("five16_tiles.tif", five, tile=16)
floats = (random.rand(13, 17, 1) * 1.4 - 0.2).astype(np.float32)
floats[0, 0], floats[0, 1] = np.nan, np.inf
tiff("float32.tif", floats)


def of_floats(array):
    array = np.nan_to_num(array.astype(np.float64), nan=0.0, posinf=1.0, neginf=0.0)
    return np.floor(np.clip(array, 0, 1) * 255 + 0.5).astype(np.uint8)


def luma(rgb):
    rgb = rgb.astype(np.uint32)
    return ((rgb[..., 0] * 19595 + rgb[..., 1] * 38470 + rgb[..., 2] * 7471 + 0x8000) >> 16).astype(np.uint8)


def both(rgb):
    return {1: luma(rgb), 3: rgb}


expected["rgb16_big_endian.tif"] = both((words >> 8).astype(np.uint8))
for name in ("five16.tif", "five16_planes.tif", "five16_tiles.tif"):
    expected[name] = {5: (five >> 8).astype(np.uint8)}
expected["float32.tif"] = {1: of_floats(floats), 3: np.repeat(of_floats(floats), 3, -1)}

# BMP, PNM
small.save(path("rgb.bmp"))
small.quantize(200).save(path("palette.bmp"))
small.convert("1").save(path("bits1.bmp"))
rgba.save(path("alpha.bmp"))
pixels = np.asarray(small)
rows = b"".join(row[:, ::-1].tobytes() + b"\0" * (-90 % 4) for row in pixels)
with open(path("top_down.bmp"), "wb") as file:
    file.write(struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + len(rows), 0, 0, 54, 40, 30, -21, 1, 24, 0, len(rows), 0, 0, 0, 0) + rows)
expected["top_down.bmp"] = both(pixels)
small.save(path("rgb.ppm"))
small.convert("L").save(path("grey.pgm"))
with open(path("grey16.pgm"), "wb") as file:
    file.write(b"P5 # a comment\n17 13\n65535\n" + words[..., 0].astype(">u2").tobytes())
expected["grey16.pgm"] = {1: (words[..., 0] >> 8).astype(np.uint8)}
expected["grey16.pgm"][3] = np.repeat(expected["grey16.pgm"][1][..., None], 3, -1)
with open(path("float.pfm"), "wb") as file:
    file.write(b"Pf\n17 13\n-1.0\n" + floats[::-1, :, 0].astype("<f4").tobytes())
expected["float.pfm"] = expected["float32.tif"]

# npy
arrays = {
    "bytes.npy": pixels,
    "grey.npy": pixels[..., 1],
    "words.npy": words.astype(">u2"),
    "fortran.npy": np.asfortranarray(words),
    "planes.npy": np.ascontiguousarray(five.transpose(2, 0, 1)),
    "doubles.npy": floats.astype(np.float64)[..., 0],
}
for name, array in arrays.items():
    np.save(path(name), array)
expected["bytes.npy"] = both(pixels)
expected["grey.npy"] = {1: pixels[..., 1], 3: np.repeat(pixels[..., 1:2], 3, -1)}
expected["words.npy"] = expected["fortran.npy"] = expected["rgb16_big_endian.tif"]
expected["planes.npy"] = expected["five16.tif"]
expected["doubles.npy"] = expected["float32.tif"]


def fingerprint(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


with open(path("decoded.txt"), "w") as table:
    table.write(
        f"# file channels height width first-8-bytes FNV-1a-of-the-pixels, by Pillow {PIL.__version__}: "
        'exif_transpose(Image.open(file)).convert("L" or "RGB"), or by docs/data.md\n'
    )
    for name in sorted(os.listdir(out)):
        if name.endswith(".txt"):
            continue
        results = expected.get(name)
        if results is None:
            image = ImageOps.exif_transpose(Image.open(path(name)))
            results = {1: np.asarray(image.convert("L")), 3: np.asarray(image.convert("RGB"))}
        for channels, array in results.items():
            data = np.ascontiguousarray(array).tobytes()
            table.write(
                f"{name} {channels} {array.shape[0]} {array.shape[1]} {data[:8].hex()} "
                f"{fingerprint(data):016x}\n"
            )
