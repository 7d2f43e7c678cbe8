"""Images, networks and exports so small that a test makes them in seconds."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from timm.models.beit import Beit

RECIPE = """# A network of milliseconds.
[model]
image_size = [{height}, {width}]
channels = {channels}
patch_size = 8
width = 60
depth = 3
heads = 3
mlp_ratio = 2.5
layer_norm_eps = 1e-3
[decoder]
width = 32
depth = 2
heads = 4
[objective]
{objective}
[schedule]
epochs = 1
warmup_epochs = 0.0
[optimizer]
base_lr = 0.05
[train]
batch_size = 4
precision = "fp32"
threads = 1
[evaluate]
at_stage_ends = false
[report]
pictures = false
"""

OBJECTIVES = {
    "mae": 'target = "pixels"\nnormalisation = "patch"\nloss = "mse"',
    "dbot": 'target = "teacher"\nnormalisation = "token"\nloss = "smooth_l1"',
}


class Workshop:
    """A folder with images and runs, and the program."""

    def __init__(self, program, folder: Path):
        self.program, self.folder = program, folder
        self._random = numpy.random.default_rng(7)

    def dbot(self, *arguments):
        """Runs the program and returns the JSON object at the end of its output."""
        call = [self.program, *map(str, arguments), "--json"]
        done = subprocess.run(call, capture_output=True, text=True, cwd=self.folder)
        if done.returncode != 0:
            raise RuntimeError(f"{call} ended with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout.splitlines()[-1])

    def images(self, height, width, grey=False):
        """A folder of five pictures of that size: the program takes their pixels as they are."""
        folder = self.folder / f"images-{height}x{width}{'-grey' * grey}"
        if folder.exists():
            return folder
        folder.mkdir()
        for number in range(5):
            coarse = self._random.integers(0, 256, (6, 6) if grey else (6, 6, 3), numpy.uint8)
            picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
            picture.save(folder / f"{number}.png")
        return folder

    def run(self, name, objective="mae", height=32, width=32, channels=3):
        """A run of a few steps; returns its folder. The position table of its weights file is rough, so
        that every way to resize it gives other features."""
        recipe = self.folder / f"{name}.toml"
        recipe.write_text(
            RECIPE.format(
                height=height, width=width, channels=channels, objective=OBJECTIVES[objective]
            )
        )
        data = self.images(height, width, channels == 1)
        self.dbot("pretrain", recipe, "--data", data, "--out", self.folder / name, "--steps", 6)
        roughen(self.folder / name / "model.safetensors")
        return self.folder / name

    def run_with(self, folder: Path, *more):
        """A dBOT run of a few steps with further settings."""
        recipe = folder.with_suffix(".toml")
        recipe.write_text(
            RECIPE.format(height=32, width=32, channels=3, objective=OBJECTIVES["dbot"])
        )
        data = self.images(32, 32)
        self.dbot("pretrain", recipe, "--data", data, "--out", folder, "--steps", 4, *more)

    def student(self, run: Path):
        """Encoder and decoder of a run's newest checkpoint, official names."""
        tensors = load_file(run / "checkpoints/latest/student.safetensors")
        return {name.removeprefix("student."): tensor for name, tensor in tensors.items()}

    def beit(self, name, shared, height=32, width=32):
        """A weights file of the symmetric variant's encoder, drawn by timm."""
        config = {
            "image_size": [height, width], "channels": 3, "patch_size": 8, "width": 64, "depth": 2,
            "heads": 4, "mlp_ratio": 2.0, "layer_norm_eps": 1e-6, "mean": [0.5, 0.4, 0.3],
            "std": [0.2, 0.3, 0.4], "position_table": False, "layer_scale": 0.1, "key_bias": False,
            "relative_positions": "shared" if shared else "each_block",
        }  # fmt: skip
        model = Beit(
            img_size=(height, width), patch_size=8, num_classes=0, embed_dim=64, depth=2, num_heads=4,
            mlp_ratio=2.0, global_pool="token", use_abs_pos_emb=False, init_values=0.1,
            use_shared_rel_pos_bias=shared, use_rel_pos_bias=not shared,
        )  # fmt: skip
        generator = torch.Generator().manual_seed(6)
        for parameter in model.parameters():  # nothing is zero, no two gains are alike
            parameter.data += torch.empty_like(parameter).normal_(0, 0.3, generator=generator)
        path = self.folder / name
        save_file(model.state_dict(), path, {"format": "pt", "dbot.config": json.dumps(config)})
        return path

    def pixels(self, folder: Path):
        """The pictures of a folder as the program sees them, uint8 [batch, channels, height, width]."""
        pictures = [numpy.asarray(Image.open(file)) for file in sorted(folder.iterdir())]
        stacked = numpy.stack(pictures)
        return stacked[:, None] if stacked.ndim == 3 else stacked.transpose(0, 3, 1, 2)

    def normalised(self, folder: Path, description):
        """The same, float32 tensors, normalised as a network's description says."""
        pixels = torch.from_numpy(self.pixels(folder).astype("float64") / 255)
        mean, std = (torch.tensor(description[key]).view(1, -1, 1, 1) for key in ("mean", "std"))
        return ((pixels - mean) / std).float()

    def features(self, model, data: Path, *more):
        """cls and mean of every picture, by the program itself."""
        out = self.folder / "features.safetensors"
        self.dbot(
            *("embed", "--model", model, "--data", data, "--out", out, "--force"),
            *("--precision", "fp32", "--split", "all", *more),
        )
        found = load_file(out)
        return found["cls"], found["mean"]

    def export(self, model, form, name, *more):
        """Exports and runs the snippet that came with it; returns the names it has set."""
        answer = self.dbot("export", model, "--format", form, "--out", self.folder / name, *more)
        names = {}
        noise = numpy.random.default_rng(7).integers(0, 256, (90, 120, 3), dtype="uint8")
        Image.fromarray(noise).save(self.folder / "image.jpg")
        with inside(self.folder):
            exec(answer["snippet"], names)  # noqa: S102 - what a user would paste
        return names | {"answer": answer, "path": self.folder / name}

    def imported(self, source, *more):
        """The tensors that the program takes from somebody's weights, and its description of them."""
        out = self.folder / "imported.safetensors"
        answer = self.dbot("import", source, "--out", out, "--force", *more)
        return load_file(out), answer["config"]


@contextlib.contextmanager
def inside(folder: Path):
    """Snippets open the image.jpg of the folder they are run in."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def roughen(weights: Path):
    tensors, description = load_file(weights), description_of(weights)
    generator = torch.Generator().manual_seed(5)
    tensors["pos_embed"] += torch.empty_like(tensors["pos_embed"]).normal_(0, 0.5, generator=generator)
    save_file(tensors, weights, {"format": "pt", "dbot.config": json.dumps(description)})


def description_of(weights: Path):
    """What a file of weights says about its network."""
    with safe_open(weights, "pt") as file:
        return json.loads(file.metadata()["dbot.config"])
