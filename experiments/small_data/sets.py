"""The sets of images, made of links in the work folder from what `--data` holds."""

from dataclasses import dataclass
from pathlib import Path

from common.claims import waited_for
from common.links import folders_of, images_of, link, whole_or_nothing
from common.programs import CellError, Place


@dataclass(frozen=True)
class ImageSet:
    """Images of one kind. Of each class the first ones by the names of their files."""

    name: str  # the folder of the set in `sets/` of the work folder
    source: str  # under --data
    training: str  # the folder of its training images under the source; without classes: of all
    test: str = ""  # the same of its test images; without: there are no labels
    of_a_class: int = 0  # training images; 0: all

    @property
    def folder(self) -> str:
        return f"sets/{self.name}"

    @property
    def labelled(self) -> bool:
        return bool(self.test)


CIFAR = {
    count: ImageSet(f"cifar-{count}", "cifar10", "train", "test", count // 10)
    for count in (1_000, 10_000, 50_000)
}
TINY = ImageSet("tiny-15000", "tiny-imagenet-100", "train", "val")
FLICKR = ImageSet("flickr-1000", "flickr8k-1000", "images")
SETS = (*CIFAR.values(), TINY, FLICKR)


def link_classes(source: Path, target: Path, of_a_class: int) -> None:
    for folder in folders_of(source):
        images = images_of(folder)
        if len(images) < of_a_class:
            raise CellError(f"{folder} has {len(images)} images, expected {of_a_class} and more")
        link(images[: of_a_class or None], target / folder.name)


def make_set(data: Path, work: Path, one: ImageSet) -> None:
    """Whole or not at all."""
    source, target = data / one.source, work / one.folder
    if target.exists():
        return
    if not (source / one.training).is_dir():
        raise CellError(f"{source / one.training} is not there; --data is the folder of all sets")
    with whole_or_nothing(target) as aside:
        if one.labelled:
            link_classes(source / one.training, aside / "train", one.of_a_class)
            link_classes(source / one.test, aside / "test", 0)
        else:
            link(images_of(source / one.training), aside)


def make_sets(place: Place) -> None:
    with waited_for(place, "sets"):
        for one in SETS:
            make_set(place.data, place.work, one)
