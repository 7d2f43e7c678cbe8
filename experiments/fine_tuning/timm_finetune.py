"""Fine-tunes the same backbone as a run of `dbot evaluate finetune`, in timm and torch, in float32.

    python timm_finetune.py --like RUN --data cifar10 \
        --backbone backbone.safetensors --classifier classifier.safetensors --run RUN --seed 0

Images, recipe, learning rate of each step and pixel normalisation are those that the run of --like
stored; draws are torch's own. The classifier that dbot exported from --run is held against what
dbot itself said of test images. The last line of stdout is one JSON object.
"""

import argparse
import csv
import json
import math
import sys
import time
import tomllib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import timm
import torch
from PIL import Image
from safetensors.torch import load_file
from timm.data.mixup import Mixup
from timm.models.vision_transformer import VisionTransformer
from timm.optim._param_groups import param_groups_layer_decay
from torch import Tensor, nn
from torchvision.transforms import InterpolationMode, RandomResizedCrop
from torchvision.transforms.functional import hflip, resized_crop

TEST_BATCH = 500
COMPARED = 64  # test images whose predictions are compared
Picture = Image.Image


@dataclass(frozen=True)
class Run:
    """What a run stored: its recipe, classes, and the rate of each step."""

    recipe: dict[str, Any]
    classes: list[str]
    rates: list[float]
    steps_per_epoch: int

    @property
    def size(self) -> int:
        size = self.recipe["model"]["image_size"]
        if not isinstance(size, int):
            raise ValueError(f"model.image_size is {size}, expected a square")
        return size


def read_run(folder: Path) -> Run:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    steps = [line for line in lines if line["type"] == "step"]
    (first, *_) = [line for line in lines if line["type"] == "begin"]
    return Run(
        recipe=tomllib.loads((folder / "recipe.toml").read_text()),
        classes=json.loads((folder / "run.json").read_text())["data"]["class_names"],
        rates=[step["learning_rate"] for step in sorted(steps, key=lambda step: int(step["step"]))],
        steps_per_epoch=first["steps_per_epoch"],
    )


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def in_data(data: Path, name: str) -> Path:
    """A name ends with PART/CLASS/FILE, however the data folder was given then."""
    return data.joinpath(*Path(name).parts[-3:])


def opened(path: Path, size: int) -> Picture:
    """Of the input's size: such test images are used whole by dbot, others it crops."""
    image = Image.open(path).convert("RGB")
    if image.size != (size, size):
        raise ValueError(f"{path} has {image.size} pixels, expected {size} x {size}")
    return image


class Images:
    """Pictures in memory, and tensors [batch, 3, size, size] of them."""

    def __init__(self, run: Run, data: Path, names: list[str], labels: list[str]) -> None:
        self.size = run.size
        self.pictures = [opened(in_data(data, name), run.size) for name in names]
        self.labels = torch.tensor([run.classes.index(label) for label in labels])
        settings = run.recipe["data"]
        self.mean = torch.tensor(settings["mean"]).view(3, 1, 1)
        self.std = torch.tensor(settings["std"]).view(3, 1, 1)
        self.scale, self.ratio = settings["crop_scale"], settings["crop_ratio"]
        self.flip = settings["flip"]

    def tensor(self, pictures: list[Picture]) -> Tensor:
        pixels = numpy.stack([numpy.asarray(picture) for picture in pictures])
        values = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
        return (values - self.mean) / self.std

    def changed(self, picture: Picture) -> Picture:
        """Another crop of it, flipped or not."""
        top, left, height, width = RandomResizedCrop.get_params(picture, self.scale, self.ratio)
        size = [self.size, self.size]
        cubic = InterpolationMode.BICUBIC
        crop: Picture = resized_crop(picture, top, left, height, width, size, cubic)
        return hflip(crop) if float(torch.rand(())) < self.flip else crop

    def batch(self, places: list[int]) -> tuple[Tensor, Tensor]:
        return self.tensor([self.changed(self.pictures[i]) for i in places]), self.labels[places]


def network(run: Run, drop_path: float) -> VisionTransformer:
    model = run.recipe["model"]
    return VisionTransformer(
        img_size=run.size,
        patch_size=model["patch_size"],
        num_classes=len(run.classes),
        global_pool="avg",
        embed_dim=model["width"],
        depth=model["depth"],
        num_heads=model["heads"],
        mlp_ratio=model["mlp_ratio"],
        drop_path_rate=drop_path,
        norm_layer=partial(nn.LayerNorm, eps=model["layer_norm_eps"]),
    )


def start(run: Run, backbone: Path) -> VisionTransformer:
    """The backbone under a head drawn as the recipe says; the backbone's last norm has no place."""
    model = network(run, run.recipe["train"]["drop_path"])
    weights = load_file(backbone)
    unfit = model.load_state_dict(weights, strict=False)
    new = {"head.weight", "head.bias", "fc_norm.weight", "fc_norm.bias"}
    if set(unfit.missing_keys) != new or set(unfit.unexpected_keys) != {"norm.weight", "norm.bias"}:
        raise ValueError(f"{backbone} does not fit: {unfit}")
    head = model.head
    if not isinstance(head, nn.Linear):
        raise TypeError(f"timm's head is {head}, expected a matrix")
    nn.init.normal_(head.weight, std=run.recipe["head"]["deviation"])
    nn.init.zeros_(head.bias)
    return model


def optimizer_of(run: Run, model: VisionTransformer) -> torch.optim.AdamW:
    settings = run.recipe["optimizer"]
    groups = param_groups_layer_decay(
        model,
        weight_decay=settings["weight_decay"],
        no_weight_decay_list=model.no_weight_decay(),
        layer_decay=settings["layer_decay"],
    )
    layers = run.recipe["model"]["depth"] + 2  # patch embedding, blocks, head
    least = settings["layer_decay"] ** (layers - 1)
    if not math.isclose(min(group["lr_scale"] for group in groups), least):
        raise ValueError("timm has other layers than dbot")
    return torch.optim.AdamW(groups, betas=tuple(settings["betas"]), eps=settings["eps"])


def mixing_of(run: Run) -> Mixup:
    mixing = run.recipe["mixing"]
    return Mixup(  # type: ignore[no-untyped-call]
        mixup_alpha=mixing["mixup"],
        cutmix_alpha=mixing["cutmix"],
        prob=mixing["probability"],
        switch_prob=mixing["cutmix_share"],
        mode="batch",
        label_smoothing=run.recipe["labels"]["smoothing"],
        num_classes=len(run.classes),
    )


def train(run: Run, model: VisionTransformer, images: Images) -> None:
    optimizer, mixing = optimizer_of(run, model), mixing_of(run)
    batch, clip = run.recipe["train"]["batch_size"], run.recipe["optimizer"]["clip_norm"]
    if len(images.pictures) // batch != run.steps_per_epoch:
        raise ValueError(f"{len(images.pictures)} images, {run.steps_per_epoch} steps an epoch")
    model.train()
    order: list[int] = []
    for step, rate in enumerate(run.rates):
        place = step % run.steps_per_epoch * batch
        if place == 0:
            order = torch.randperm(len(images.pictures)).tolist()
        values, targets = mixing(*images.batch(order[place : place + batch]))
        loss = -(targets * model(values).log_softmax(-1)).sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip or math.inf)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["lr_scale"]
        optimizer.step()
        if step % 50 == 0:
            say(f"step {step}/{len(run.rates)}  loss {float(loss.detach()):.4f}  lr {rate:.2e}")


@torch.inference_mode()
def logits_of(model: VisionTransformer, images: Images) -> Tensor:
    model.eval()
    parts = range(0, len(images.pictures), TEST_BATCH)
    batches = [images.tensor(images.pictures[first : first + TEST_BATCH]) for first in parts]
    return torch.cat([model(batch) for batch in batches])


def accuracy(logits: Tensor, labels: Tensor, among: int) -> float:
    found = logits.topk(min(among, logits.shape[1])).indices.eq(labels[:, None]).any(1)
    return 100 * int(found.sum()) / len(labels)


def comparison(
    run: Run, rows: list[dict[str, str]], classifier: Path, data: Path
) -> dict[str, Any]:
    """dbot stores of each test image its class and that class' probability, in six digits."""
    rows = rows[:: max(1, len(rows) // COMPARED)][:COMPARED]
    model = network(run, drop_path=0)
    model.load_state_dict(load_file(classifier), strict=True)
    names, labels = [row["name"] for row in rows], [row["label"] for row in rows]
    logs = logits_of(model, Images(run, data, names, labels)).log_softmax(1)
    said = torch.tensor([run.classes.index(row["predicted"]) for row in rows])
    theirs = torch.tensor([float(row["probability"]) for row in rows])
    ours = logs.gather(1, said[:, None])[:, 0]
    return {
        "images": len(rows),
        "same_class": int(logs.argmax(1).eq(said).sum()),
        "largest_probability_difference": float((ours.exp() - theirs).abs().max()),
        "largest_log_probability_difference": float((ours - theirs.log()).abs().max()),
        "precision_of_dbot": run.recipe["train"]["precision"],
    }


def arguments_of() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("like", "data", "backbone", "classifier", "run"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    arguments = arguments_of()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    numpy.random.seed(arguments.seed)  # of timm's mixing
    run = read_run(arguments.like)
    with (arguments.run / "predictions.csv").open(newline="") as file:
        tested = list(csv.DictReader(file))
    compared = comparison(read_run(arguments.run), tested, arguments.classifier, arguments.data)
    say(f"the classifier in timm: {compared}")

    learnt = [line.split("\t") for line in (arguments.like / "labels.txt").read_text().splitlines()]
    images = Images(run, arguments.data, *map(list, zip(*learnt, strict=True)))
    model = start(run, arguments.backbone)
    began = time.monotonic()
    train(run, model, images)
    trained = time.monotonic()
    names, labels = [row["name"] for row in tested], [row["label"] for row in tested]
    test = Images(run, arguments.data, names, labels)
    logits = logits_of(model, test)
    figures = {
        "top1": accuracy(logits, test.labels, 1),
        "top5": accuracy(logits, test.labels, 5),
        "train_samples": len(images.pictures),
        "test_samples": len(tested),
        "classifier_of_dbot": compared,
    }
    result = {
        "figures": figures,
        "steps": len(run.rates),
        "images": len(run.rates) * run.recipe["train"]["batch_size"],
        "seconds": trained - began,
        "evaluation_seconds": time.monotonic() - trained,
        "precision": "fp32",
        "versions": {"torch": torch.__version__, "timm": timm.__version__},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
