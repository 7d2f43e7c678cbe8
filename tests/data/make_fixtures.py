"""Writes the images and tables of this folder with Pillow: python make_fixtures.py tests/data/fixtures

Needs Pillow 13 and numpy. The tests only read the result.
"""

import os, struct, sys, zlib
import numpy as np
from PIL import Image
import PIL

out = sys.argv[1]


def picture(h, w, c, seed):
    r = np.random.RandomState(seed)
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack(
        [
            (
                127
                + 90 * np.sin(x * (0.11 + 0.07 * k) + y * 0.05 * (k + 1) + k)
                + 37 * np.cos(y * 0.31 + k)
            )
            for k in range(c)
        ],
        -1,
    )
    a = a + r.randint(-25, 26, a.shape)
    a = np.clip(a, 0, 255).astype(np.uint8)
    return a[..., 0] if c == 1 else a


# encoders
def save(name, im, **k):
    im.save(os.path.join(out, name), **k)


rgb = Image.fromarray(picture(37, 45, 3, 1))
grey = Image.fromarray(picture(29, 33, 1, 2))
save("rgb_420.jpg", rgb, quality=85, subsampling=2)
save(
    "rgb_444_progressive.jpg", rgb.crop((0, 0, 30, 23)), quality=90, subsampling=0, progressive=True
)
save("grey.jpg", grey, quality=88)
save("cmyk.jpg", rgb.crop((0, 0, 21, 19)).convert("CMYK"), quality=90)
small = rgb.crop((3, 3, 20, 17))
save("rgb.png", small)
save("rgba.png", Image.merge("RGBA", (*small.split(), grey.crop((0, 0, 17, 14)))))
save("grey_alpha.png", Image.merge("LA", (small.convert("L"), grey.crop((0, 0, 17, 14)))))
save("palette.png", small.quantize(13))
save("palette_transparent.png", small.quantize(16), transparency=3)
save("bits1.png", small.convert("1"))
save("grey4.png", small.convert("L"))


# 16 bit RGB and interlaced written by hand (Pillow writes neither)
def chunk(t, d):
    return struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d) & 0xFFFFFFFF)


def png(name, a, depth, ctype, interlace):
    h, w = a.shape[:2]

    def rows(sub):
        if sub.shape[0] == 0 or sub.shape[1] == 0:
            return b""
        b = sub.astype(">u2" if depth == 16 else "u1")
        return b"".join(b"\0" + r.tobytes() for r in b)

    if interlace:
        data = b"".join(
            rows(a[y0::dy, x0::dx])
            for x0, y0, dx, dy in (
                (0, 0, 8, 8),
                (4, 0, 8, 8),
                (0, 4, 4, 8),
                (2, 0, 4, 4),
                (0, 2, 2, 4),
                (1, 0, 2, 2),
                (0, 1, 1, 2),
            )
        )
    else:
        data = rows(a)
    open(os.path.join(out, name), "wb").write(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, ctype, 0, 0, interlace))
        + chunk(b"IDAT", zlib.compress(data, 9))
        + chunk(b"IEND", b"")
    )


a16 = np.random.RandomState(5).randint(0, 65536, (9, 11, 3))
png("rgb16.png", a16, 16, 2, 0)
png("interlaced.png", picture(13, 10, 3, 9), 8, 2, 1)


def b4(a):  # 4 bit grey
    h, w = a.shape
    a = a >> 4
    rows = b""
    for r in a:
        p = list(r) + [0] * (w % 2)
        rows += b"\0" + bytes((p[i] << 4) | p[i + 1] for i in range(0, len(p), 2))
    return rows


g = picture(7, 9, 1, 11)
open(os.path.join(out, "grey4.png"), "wb").write(
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 7, 4, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b4(g)))
    + chunk(b"IEND", b"")
)
png("grey16.png", np.random.RandomState(6).randint(0, 65536, (5, 6)), 16, 0, 0)


def fnv(b):
    h = 0xCBF29CE484222325
    for x in b:
        h = ((h ^ x) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


print("Pillow", PIL.__version__)
with open(os.path.join(out, "decoded.txt"), "w") as f:
    f.write(
        '# file channels height width first-8-bytes FNV-1a-of-the-pixels, by Pillow %s: Image.open(file).convert("L" or "RGB")\n'
        % PIL.__version__
    )
    for n in sorted(os.listdir(out)):
        if not n.endswith((".jpg", ".png")):
            continue
        for c, m in ((1, "L"), (3, "RGB")):
            im = Image.open(os.path.join(out, n))
            mode = im.mode
            if mode.startswith("I"):
                print(n, mode, "skipped")
                continue
            a = np.asarray(im.convert(m))
            b = a.tobytes()
            f.write("%s %d %d %d %s %016x\n" % (n, c, a.shape[0], a.shape[1], b[:8].hex(), fnv(b)))


# resize: source pixels by formula that C++ repeats: integer hash
def source(h, w, c):
    i = np.arange(h * w * c, dtype=np.uint64)
    v = (i * np.uint64(2654435761)) % np.uint64(2**32)
    noise = ((v >> np.uint64(13)) % np.uint64(97)).astype(np.int64)
    y, x, k = np.unravel_index(np.arange(h * w * c), (h, w, c))
    ramp = (x * 5 + y * 3 + k * 40) % 256
    edge = np.where((x // 7 + y // 5) % 2 == 0, 255, 0)
    a = np.where(x * 2 < w, edge, (ramp + noise) // 2 + (noise % 3) * 30)
    return np.clip(a, 0, 255).astype(np.uint8).reshape(h, w, c)


cases = []
for c in (1, 3):
    for h, w, (t, l, ch, cw), (oh, ow) in [
        (40, 60, (0, 0, 40, 60), (40, 60)),
        (40, 60, (0, 0, 40, 60), (32, 32)),
        (40, 60, (3, 5, 31, 47), (16, 16)),
        (40, 60, (7, 11, 9, 13), (32, 24)),
        (28, 28, (2, 3, 19, 23), (28, 28)),
        (28, 28, (0, 0, 28, 28), (224, 224)),
        (40, 60, (1, 2, 32, 33), (32, 32)),
        (40, 60, (1, 2, 33, 32), (32, 32)),
        (1, 60, (0, 0, 1, 60), (8, 8)),
        (40, 1, (0, 0, 40, 1), (8, 8)),
        (40, 60, (20, 30, 1, 1), (5, 4)),
        (40, 60, (0, 0, 40, 60), (1, 1)),
        (300, 500, (10, 20, 277, 401), (224, 224)),
        (300, 500, (0, 0, 300, 500), (7, 9)),
        (300, 500, (33, 1, 260, 20), (30, 224)),
        (97, 89, (0, 0, 97, 89), (96, 88)),
    ]:
        a = source(h, w, c)
        im = Image.fromarray(a[..., 0] if c == 1 else a)
        r = np.asarray(im.crop((l, t, l + cw, t + ch)).resize((ow, oh), Image.BICUBIC)).reshape(
            oh, ow, c
        )
        p = r.transpose(2, 0, 1).tobytes()
        cases.append((c, h, w, t, l, ch, cw, oh, ow, p[:8].hex(), fnv(p)))
with open(os.path.join(out, "resized.txt"), "w") as f:
    f.write(
        "# channels height width | crop: top left height width | size: height width | first 8 bytes, FNV-1a of the planar result, by Pillow %s: crop(…).resize(…, BICUBIC)\n"
        % PIL.__version__
    )
    for k in cases:
        f.write("%d %d %d %d %d %d %d %d %d %s %016x\n" % k)
