"""Folders of images made of links: a choice of images that takes no room."""

import os
from collections.abc import Iterable
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
