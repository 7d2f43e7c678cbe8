"""Small inputs for every kind of source, the same bytes each time."""

import gzip
import shutil
import struct
import tarfile
import zlib
from io import BytesIO
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CLASSES = ("dark-columns", "dark-rows", "grey-columns", "grey-rows", "light-columns", "light-rows")


def pixels(number: int, label: int, height: int, width: int) -> bytes:
    """RGB: a level and the direction of stripes tell the classes, under much noise."""
    values = bytearray()
    for row in range(height):
        for column in range(width):
            along = row if label % 2 else column
            level = 30 * (label // 2) + (40 if (along + number) % 4 < 2 else 0)
            for channel in range(3):
                noise = (number * 7919 + row * 613 + column * 97 + channel * 31) ** 2 // 8
                values.append(level + noise % 150)
    return bytes(values)


def png(rgb: bytes, height: int, width: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    rows = b"".join(b"\0" + rgb[y * width * 3 : (y + 1) * width * 3] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def ppm(rgb: bytes, height: int, width: int) -> bytes:
    return f"P6\n{width} {height}\n255\n".encode() + rgb


def npy(rgb: bytes, height: int, width: int) -> bytes:
    about = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({height}, {width}, 3), }}"
    about = about.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(about)) + about.encode() + rgb


KINDS = {".png": png, ".ppm": ppm, ".npy": npy}


def picture(number: int, label: int) -> tuple[str, bytes]:
    """Extension and content; kinds and sizes take turns."""
    height, width = 18 + number % 5 * 3, 18 + number % 4 * 4
    extension = list(KINDS)[number % len(KINDS)]
    return extension, KINDS[extension](pixels(number, label, height, width), height, width)


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def class_folders(folder: Path, first: int, count: int) -> None:
    for number in range(first, first + count):
        label = number % len(CLASSES)
        extension, content = picture(number, label)
        write(folder / CLASSES[label] / f"{number:03}{extension}", content)


def idx(folder: Path) -> None:
    for part, count in (("train", 32), ("t10k", 16)):
        images = b"".join(pixels(i, i % 6, 16, 16)[::3] for i in range(count))
        labels = bytes(i % 6 for i in range(count))
        images = struct.pack(">4I", 0x803, count, 16, 16) + images
        labels = struct.pack(">2I", 0x801, count) + labels
        write(folder / f"{part}-images-idx3-ubyte", images)
        write(folder / f"{part}-labels-idx1-ubyte", labels)


def cifar(folder: Path) -> None:
    for name, first, count in (("data_batch_1", 0, 32), ("test_batch", 32, 16)):
        records = b""
        for number in range(first, first + count):
            rgb = pixels(number, number % 6, 32, 32)
            records += bytes([number % 6]) + rgb[::3] + rgb[1::3] + rgb[2::3]
        write(folder / f"{name}.bin", records)


def archive(path: Path) -> None:
    content = BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for number in range(32):
            extension, image = picture(number, number % 6)
            for suffix, member in ((extension, image), (".cls", str(number % 6).encode())):
                about = tarfile.TarInfo(f"{number:04}{suffix}")
                about.size = len(member)
                tar.addfile(about, BytesIO(member))
    write(path, content.getvalue())
    write(path.with_suffix(".tar.gz"), gzip.compress(content.getvalue(), mtime=0))


def lists(folder: Path) -> None:
    class_folders(folder, 0, 32)
    files = sorted(path.relative_to(folder) for path in folder.rglob("*.*"))
    rows = "".join(f"{path},{path.parent}\n" for path in files)
    write(folder / "labelled.csv", f"path,label\n{rows}".encode())
    write(folder / "bare.txt", "".join(f"{path}\n" for path in files).encode())


def faulty(folder: Path) -> None:
    """Something for `data check` to find."""
    class_folders(folder / "train", 0, 24)
    class_folders(folder / "test", 24, 8)
    whole = png(pixels(5, 0, 40, 40), 40, 40)
    for name, content in {
        "train/dark-rows/copy-1.png": whole,
        "train/light-rows/copy-2.png": whole,
        "test/dark-rows/copy-3.png": whole,
        "train/dark-rows/cut-short.png": whole[: len(whole) // 2],
        "train/dark-rows/damaged.png": whole[:60] + bytes(8) + whole[68:],
        "train/dark-rows/empty.png": b"",
        "train/light-rows/text.jpg": b"no picture",
        "train/light-rows/flat.png": png(bytes([90]) * 4800, 40, 40),
        "train/light-rows/tiny.png": png(pixels(1, 1, 3, 3), 3, 3),
        "train/light-rows/long.png": png(pixels(1, 1, 6, 60), 6, 60),
        "train/light-rows/other-kind.png": ppm(pixels(2, 1, 30, 30), 30, 30),
        "train/light-rows/notes.txt": b"not an image",
        "train/.hidden.png": whole,
    }.items():
        write(folder / name, content)


def fixtures(folder: Path) -> None:
    """Images of all kinds, Parquet files and weights of other programs, from the tests."""
    for name, patterns in {
        "codecs": ["fixtures/codecs/*.*[!t]"],  # all but decoded.txt
        "parquet": ["fixtures/parquet/t*-of-*.parquet"],
        "weights": ["checkpoint_*.pth", "odd_tensors*.pth", "checkpoint_mae.*.safetensors"],
    }.items():
        paths = [path for pattern in patterns for path in (REPOSITORY / "tests").rglob(pattern)]
        if not paths:
            raise FileNotFoundError(f"tests/ holds no {patterns[0]}")
        for path in paths:
            write(folder / name / path.name, path.read_bytes())


def make_inputs(folder: Path, data: Path | None) -> None:
    """Everything below `folder`; `images` are the user's, if `data` says so."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    if data is not None:
        (folder / "images").symlink_to(data.resolve())
    else:
        class_folders(folder / "images/train", 0, 48)
        class_folders(folder / "images/test", 48, 18)
    for number in range(32):
        extension, content = picture(number, number % 6)
        write(folder / "flat" / f"{number:03}{extension}", content)
    for number in range(8):
        write(folder / "junk" / f"{number}.jpg", b"no picture")
    idx(folder / "idx")
    cifar(folder / "cifar")
    archive(folder / "images.tar")
    lists(folder / "lists")
    faulty(folder / "faulty")
    fixtures(folder)
    shutil.copytree(folder / "flat", folder / "many")
    for number in range(10_000):  # from here on the program keeps an index of a folder
        (folder / "many" / f"link-{number:05}.png").hardlink_to(folder / "many/000.png")
