"""The two sets of training images, made of links in the work folder.

Of each class the first 1,000 training images by the names of their files are the small set, 10,000
in all; all others are the large one, 40,000. Both have all test images.
"""

from pathlib import Path

from common.claims import waited_for
from common.links import folders_of, images_of, link, whole_or_nothing
from common.programs import CellError, Place

SMALL, LARGE = "images/10000", "images/40000"  # in the work folder
CLASSES, OF_A_CLASS, SMALL_OF_A_CLASS = 10, 5000, 1000


def class_folders(part: Path) -> list[Path]:
    found = folders_of(part)
    if len(found) != CLASSES:
        raise CellError(f"{part} has {len(found)} class folders, expected {CLASSES}")
    return found


def make_set(data: Path, target: Path, chosen: slice) -> None:
    """Whole or not at all."""
    if target.exists():
        return
    with whole_or_nothing(target) as aside:
        for folder in class_folders(data / "train"):
            images = images_of(folder)
            if len(images) != OF_A_CLASS:
                raise CellError(f"{folder} has {len(images)} images, expected {OF_A_CLASS}")
            link(images[chosen], aside / "train" / folder.name)
        for folder in class_folders(data / "test"):
            link(images_of(folder), aside / "test" / folder.name)


def make_sets(place: Place) -> None:
    with waited_for(place, "images"):
        make_set(place.data, place.work / SMALL, slice(SMALL_OF_A_CLASS))
        make_set(place.data, place.work / LARGE, slice(SMALL_OF_A_CLASS, None))
