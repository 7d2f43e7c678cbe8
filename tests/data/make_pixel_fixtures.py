"""Writes tests/data/fixtures/pixels with Pillow and torchvision: python make_pixel_fixtures.py tests/data/fixtures/pixels

Needs Pillow 13, torchvision 0.26 and numpy. The tests only read the result: an image, and a table of
what each operation makes of it.
"""

import os
import sys

import numpy as np
import PIL
import torchvision
import torchvision.transforms.functional as F
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
height, width = 61, 83

random = np.random.RandomState(3)
y, x = np.mgrid[0:height, 0:width].astype(np.float64)
planes = []
for k in range(3):
    plane = 120 + 80 * np.sin(x / (9 + 4 * k) + k) + 50 * np.cos(y / (13 - 2 * k))
    plane[(x - 50) ** 2 + (y - 25) ** 2 < 150] += 60 - 50 * k
    plane[(x * 0.4 + y) % 31 < 5] -= 45
    planes.append(plane)
scene = np.clip(np.stack(planes, -1) + random.normal(0, 5, (height, width, 1)), 0, 255).astype(np.uint8)
Image.fromarray(scene).save(os.path.join(out, "scene.png"))

FILL = (124, 116, 104)


def affine(*matrix):
    def apply(image):
        fill = FILL if image.mode == "RGB" else FILL[0]
        return image.transform(image.size, Image.AFFINE, matrix, resample=Image.BICUBIC, fillcolor=fill)

    return apply


def rotate(degrees):
    return lambda image: image.rotate(degrees, resample=Image.BICUBIC, fillcolor=FILL if image.mode == "RGB" else FILL[0])


def solarise_add(increase):
    table = [min(255, i + increase) if i < 128 else i for i in range(256)]
    return lambda image: image.point(table * len(image.getbands()))


def grey(image):
    return image.convert("L").convert(image.mode)


rows = [("invert", 0, ImageOps.invert), ("auto_contrast", 0, ImageOps.autocontrast), ("equalise", 0, ImageOps.equalize), ("grey", 0, grey)]
rows += [("solarise", t, lambda image, t=t: ImageOps.solarize(image, t)) for t in (0, 26, 128, 256)]
rows += [("solarise_add", a, solarise_add(a)) for a in (0, 55, 110)]
rows += [("posterise", b, lambda image, b=b: ImageOps.posterize(image, b)) for b in (1, 4, 8)]
factors = (0, 0.1, 0.6, 0.73, 1, 1.23, 1.4, 1.9, 2.7)
rows += [("brightness", f, lambda image, f=f: F.adjust_brightness(image, f)) for f in factors]
rows += [("contrast", f, lambda image, f=f: F.adjust_contrast(image, f)) for f in factors]
rows += [("saturation", f, lambda image, f=f: F.adjust_saturation(image, f)) for f in factors]
rows += [("sharpness", f, lambda image, f=f: ImageEnhance.Sharpness(image).enhance(f)) for f in factors]
rows += [("hue", h, lambda image, h=h: F.adjust_hue(image, h)) for h in (-0.5, -0.31, -0.1, -0.001, 0, 0.05, 0.2, 0.4, 0.5)]
rows += [("blur", s, lambda image, s=s: image.filter(ImageFilter.GaussianBlur(s))) for s in (0.1, 0.5, 0.77, 1, 1.4, 2, 3.3, 9, 70)]
rows += [("shear_x", f, affine(1, f, 0, 0, 1, 0)) for f in (-0.3, 0.27, 0.135)]
rows += [("shear_y", f, affine(1, 0, 0, f, 1, 0)) for f in (-0.3, 0.27, 0.135)]
rows += [("translate_x", s, affine(1, 0, s * width, 0, 1, 0)) for s in (-0.45, 0.405, 0.1)]
rows += [("translate_y", s, affine(1, 0, 0, 0, 1, s * height)) for s in (-0.45, 0.405, 0.1)]
rows += [("rotate", d, rotate(d)) for d in (-30, -3.7, 0, 12.34, 27, 45, 200)]


def fingerprint(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def planar(image):
    array = np.asarray(image)
    return np.ascontiguousarray(array.transpose(2, 0, 1) if array.ndim == 3 else array).tobytes()


# Parts of the scene with a side of 1 or 2 have no inside; the small one has few tones.
parts = {"whole": (0, 0, width, height), "small": (10, 5, 17, 10), "row": (0, 30, width, 31), "column": (40, 0, 42, height)}
with open(os.path.join(out, "operations.txt"), "w") as table:
    table.write(
        "# part left top width height channels operation amount first-8-bytes FNV-1a-of-the-planes, by "
        f"Pillow {PIL.__version__} and torchvision {torchvision.__version__}\n"
    )
    whole = Image.fromarray(scene)
    for part, box in parts.items():
        for mode, channels in (("RGB", 3), ("L", 1)):
            for name, amount, apply in rows:
                if part != "whole" and name.startswith("translate"):
                    continue  # their amounts are shares of the whole
                data = planar(apply(whole.crop(box).convert(mode)))
                left, top, right, bottom = box
                table.write(
                    f"{part} {left} {top} {right - left} {bottom - top} {channels} {name} {amount} "
                    f"{data[:8].hex()} {fingerprint(data):016x}\n"
                )

# Every colour there is, one hue: a cube whose planes are red, green and blue.
r, g, b = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8), indexing="ij")
cube = np.stack([r, g, b], -1).reshape(4096, 4096, 3)
turned = np.asarray(F.adjust_hue(Image.fromarray(cube), 0.3)).transpose(2, 0, 1)
total = 0
for plane in turned:
    # A sum that knows the place of each byte, since hashing one by one takes long.
    weights = np.arange(plane.size, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1)
    with np.errstate(over="ignore"):
        total = (total * 31 + int((plane.reshape(-1).astype(np.uint64) * weights).sum(dtype=np.uint64))) & 0xFFFFFFFFFFFFFFFF
with open(os.path.join(out, "hue_of_all_colours.txt"), "w") as table:
    table.write("# turns sum of (planes' bytes times odd weights), folded\n")
    table.write(f"0.3 {total:016x}\n")
