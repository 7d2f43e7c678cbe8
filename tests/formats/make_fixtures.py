#!/usr/bin/env python3
"""Writes fixtures/: files of torch.save of every sort, and their tensors as safetensors.

    python tests/formats/make_fixtures.py        # needs torch and numpy

The files are the same tensors in both containers and under all pickle protocols, so one expected
file serves them all.
"""

import argparse
import collections
import datetime
import json
import pathlib
import struct

import numpy
import torch

FOLDER = pathlib.Path(__file__).parent / "fixtures"
TYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.uint16: "U16", torch.uint32: "U32", torch.uint64: "U64",
    torch.bool: "BOOL", torch.float8_e5m2: "F8_E5M2", torch.float8_e4m3fn: "F8_E4M3",
    torch.complex64: "C64",
}


def bytes_of(tensor):
    tensor = tensor.detach().contiguous().reshape(-1)
    return bytes(tensor.view(torch.uint8).numpy()) if tensor.numel() else b""


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        content = bytes_of(tensor)
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def every_type():
    """One tensor of each type, and tensors that are not plain: views, strides, parameters."""
    torch.manual_seed(7)
    tensors = collections.OrderedDict()
    for dtype, name in TYPES.items():
        numbers = torch.randn(2, 3) * 50
        if dtype in (torch.uint8, torch.uint16, torch.uint32, torch.uint64):
            numbers = numbers.abs()
        tensors["type." + name] = numbers.to(dtype)
    shared = torch.randn(60)
    tensors["view.rows"] = shared[:20].view(4, 5)
    tensors["view.transposed"] = shared[20:50].view(5, 6).t()
    tensors["view.stepped"] = shared[::2]
    tensors["view.expanded"] = torch.randn(3, 1).expand(3, 4)
    tensors["view.permuted"] = torch.randn(2, 3, 4).permute(2, 0, 1)
    tensors["scalar"] = torch.tensor(3.5)
    tensors["empty"] = torch.zeros(0, 3)
    tensors["odd"] = torch.tensor([float("inf"), float("-inf"), float("nan"), -0.0])
    tensors["parameter"] = torch.nn.Parameter(torch.randn(2, 2))
    tagged = torch.nn.Parameter(torch.randn(2))
    tagged.tag = "with attributes"
    tensors["tagged"] = tagged
    return tensors


def skipped():
    """What checkpoints hold beside tensors."""
    return {
        "model": {"weight": torch.arange(4.0)},
        "args": argparse.Namespace(lr=1e-3, betas=(0.9, 0.95), name="tiny",
                                   out=pathlib.PurePosixPath("runs/1"), nested={"a": [1, None]}),
        "epoch": 3, "big": 2**70, "negative": -2**70, "flag": True, "none": None,
        "numpy": {"number": numpy.float64(2.5), "whole": numpy.int64(7), "array": numpy.ones(2)},
        "set": {3}, "bytes": b"abc", "default": collections.defaultdict(list, {"x": [1]}),
        "when": datetime.datetime(2024, 1, 2), "size": torch.Size([2, 3]), "dtype": torch.float16,
        "device": torch.device("cpu"), "storage": torch.ones(2).untyped_storage(),
        "unread": {"sparse": torch.eye(2).to_sparse(),
                   "quantised": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
                   "complex": torch.zeros(1, dtype=torch.complex128),
                   "conjugate": torch.conj(torch.ones(2, dtype=torch.complex64)).imag},
    }


class Tower(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor([1.5, 2.5]).half())
        self.inner = torch.nn.Linear(2, 3)
        self.register_buffer("counts", torch.arange(3))

    def forward(self, pixels: torch.Tensor):
        return self.inner(pixels) * self.counts


class Attention(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.in_proj_weight = torch.nn.Parameter(torch.randn(3 * width, width))
        self.in_proj_bias = torch.nn.Parameter(torch.randn(3 * width))
        self.out_proj = torch.nn.Linear(width, width)

    def forward(self, tokens: torch.Tensor):
        return tokens


class Perceptron(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc = torch.nn.Linear(width, 2 * width)
        self.c_proj = torch.nn.Linear(2 * width, width)

    def forward(self, tokens: torch.Tensor):
        return tokens


class Block(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.ln_1 = torch.nn.LayerNorm(width)
        self.attn = Attention(width)
        self.ln_2 = torch.nn.LayerNorm(width)
        self.mlp = Perceptron(width)

    def forward(self, tokens: torch.Tensor):
        return tokens


class Stack(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.resblocks = torch.nn.Sequential(Block(width), Block(width))

    def forward(self, tokens: torch.Tensor):
        return tokens


class Visual(torch.nn.Module):
    """The tensors of CLIP's visual tower, as OpenAI names them: 8 px, patch 4, width 8."""

    def __init__(self, width=8):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, width, 4, 4, bias=False)
        self.class_embedding = torch.nn.Parameter(torch.randn(width))
        self.positional_embedding = torch.nn.Parameter(torch.randn(5, width))
        self.ln_pre = torch.nn.LayerNorm(width)
        self.transformer = Stack(width)
        self.ln_post = torch.nn.LayerNorm(width)
        self.proj = torch.nn.Parameter(torch.randn(width, 6))

    def forward(self, pixels: torch.Tensor):
        return pixels


class Clip(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = Visual()
        self.transformer = Stack(4)
        self.positional_embedding = torch.nn.Parameter(torch.randn(3, 4))
        self.logit_scale = torch.nn.Parameter(torch.tensor(2.0))

    def forward(self, pixels: torch.Tensor):
        return self.visual(pixels)


def main():
    FOLDER.mkdir(exist_ok=True)
    tensors = every_type()
    write_safetensors(FOLDER / "every_type.expected.safetensors", tensors)
    for protocol in (2, 3, 4, 5):
        torch.save(tensors, FOLDER / f"every_type_zip{protocol}.pth", pickle_protocol=protocol)
    for protocol in (2, 5):
        # The old container names storages by type, and these have none.
        old = {name: tensor for name, tensor in tensors.items()
               if tensor.dtype not in (torch.uint16, torch.uint32, torch.uint64,
                                       torch.float8_e5m2, torch.float8_e4m3fn)}
        torch.save(old, FOLDER / f"every_type_legacy{protocol}.pth", pickle_protocol=protocol,
                   _use_new_zipfile_serialization=False)
    torch.save(skipped(), FOLDER / "skipped.pth")
    torch.manual_seed(8)
    tower = Tower()
    torch.jit.save(torch.jit.script(tower), FOLDER / "script.pt")
    write_safetensors(FOLDER / "script.expected.safetensors", tower.state_dict())
    torch.manual_seed(9)
    clip = Clip().half()
    torch.jit.save(torch.jit.script(clip), FOLDER / "clip.pt")
    write_safetensors(FOLDER / "clip.expected.safetensors", clip.state_dict())
    torch.serialization.set_crc32_options(False)
    torch.save({"weight": torch.arange(4.0)}, FOLDER / "without_checksums.pth")


if __name__ == "__main__":
    main()
