"""Folders of images made of links: a choice of images that takes no room."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def folders_of(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []


def images_of(folder: Path) -> list[Path]:
    """All that lies there, hidden files left out."""
    return sorted(one for one in folder.iterdir() if not one.name.startswith("."))


def link(images: Iterable[Path], folder: Path) -> None:
    """A hard link of each; a symbolic one where the folder is on another disk."""
    folder.mkdir(parents=True)
    for image in images:
        try:
            os.link(image, folder / image.name)
        except OSError:
            (folder / image.name).symlink_to(image)


@contextmanager
def whole_or_nothing(target: Path) -> Iterator[Path]:
    """A folder to fill, which takes the target's name when the block ends without an error."""
    aside = target.with_name(f".{target.name}")
    shutil.rmtree(aside, ignore_errors=True)
    yield aside
    os.replace(aside, target)
