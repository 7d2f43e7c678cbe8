"""Writes tests/exchange/fixtures/teachers: the small networks of teachers.py in files, with what timm
and transformers compute with them. Run it in the environment of tests/interchange/setup.sh."""

from pathlib import Path

import teachers
import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).resolve().parent.parent / "exchange/fixtures/teachers"


def main():
    for make in teachers.ALL:
        teacher = make()
        folder = FOLDER / teacher.name
        teacher.write(folder)
        generator = torch.Generator().manual_seed(1)
        expected = {"heads": torch.tensor([teacher.heads])}
        for number, (height, width) in enumerate(teacher.sides):
            images = torch.randn(2, 3, height, width, generator=generator)
            cls, mean = teacher.compute(images)
            expected |= {f"images.{number}": images, f"mean.{number}": mean.contiguous()}
            if cls is not None:
                expected[f"cls.{number}"] = cls.contiguous()
        save_file(expected, folder / "expected.safetensors")


if __name__ == "__main__":
    main()
