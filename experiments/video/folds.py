"""The two sets of videos in folds, made of links in the work folder."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from common.claims import waited_for
from common.links import folders_of, images_of, link, whole_or_nothing
from common.programs import CellError, Place

ALL = "sets/all"  # the videos of both sets


def person(_place: int, video: Path) -> int:
    """weizmann36: `personN.mp4`."""
    found = re.fullmatch(r"person(\d+)", video.stem)
    if not found:
        raise CellError(f"{video} is not named personN")
    return int(found.group(1))


def fifth(place: int, _video: Path) -> int:
    """By the place of a video among those of its class, sorted by name."""
    return place % 5


@dataclass(frozen=True)
class VideoSet:
    name: str  # of its folder under --data
    title: str
    folds: int
    clips: int
    epochs: int  # of fine-tuning: 80 steps
    fold_of: Callable[[int, Path], int]

    def folder(self, fold: int) -> str:
        """With train/CLASS and test/CLASS."""
        return f"sets/{self.name}-fold-{fold}"


WEIZMANN = VideoSet("weizmann36", "Weizmann, 4 actions", 9, 36, 40, person)
FIGHTS = VideoSet("fights160", "Fights, 2 classes", 5, 160, 10, fifth)
SETS = (WEIZMANN, FIGHTS)


def make_fold(place: Place, one: VideoSet, fold: int) -> None:
    """Whole or not at all."""
    target = place.work / one.folder(fold)
    if target.exists():
        return
    with whole_or_nothing(target) as aside:
        for folder in folders_of(place.data / one.name):
            videos = images_of(folder)
            held_out = [one.fold_of(number, video) == fold for number, video in enumerate(videos)]
            for part, wanted in (("train", False), ("test", True)):
                chosen = [video for video, out in zip(videos, held_out, strict=True) if out == wanted]
                link(chosen, aside / part / folder.name)


def make_all(place: Place) -> None:
    target = place.work / ALL
    if target.exists():
        return
    with whole_or_nothing(target) as aside:
        for one in SETS:
            for folder in folders_of(place.data / one.name):
                link(images_of(folder), aside / f"{one.name}-{folder.name}")


def make_sets(place: Place) -> None:
    with waited_for(place, "sets"):
        for one in SETS:
            count = sum(len(images_of(folder)) for folder in folders_of(place.data / one.name))
            if count != one.clips:
                raise CellError(f"{place.data / one.name} has {count} videos, expected {one.clips}")
            (place.work / "sets").mkdir(parents=True, exist_ok=True)
            for fold in range(one.folds):
                make_fold(place, one, fold)
        make_all(place)
