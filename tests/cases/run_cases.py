"""Runs: what lies beside their data, and disks that their checkpoints do not like."""

import shutil

from workplace import QUICK, UNJUDGED, Workplace

PICTURED = ["--steps", "4", "--threads", "1", "--set", "train.batch_size=2", *UNJUDGED]
SHORT = [*PICTURED, "--set", "report.pictures=false"]


def photos(place: Workplace) -> int:
    """A flat folder of six pictures; returns their number."""
    (place.folder / "photos").mkdir()
    files = sorted((place.folder / "parts_valid/train").glob("*/*.png"))
    for file in files:
        shutil.copy(file, place.folder / "photos" / f"{file.parent.name}-{file.name}")
    return len(files)


def own_output_is_no_data(place: Workplace) -> None:
    """Everything that dbot writes below the data folder."""
    images = photos(place)

    def still(after: str, source: str = ".", at: str = "photos") -> None:
        found = place.images_in(source, at)
        if found != images:
            place.complain(f"data stats {source} after {after}: {found} images, expected {images}")

    run = ["pretrain", "dbot/quick", "--data", ".", "--out", "runs/a", *PICTURED]
    place.expect_code(place.dbot(*run, at="photos"), 0)
    place.expect_code(place.dbot(*run, "--resume", at="photos"), 0)
    still("a run beside the images")
    place.expect_code(place.dbot("pretrain", "dbot/quick", "--data", ".", *SHORT, at="photos"), 0)
    still("a run without --out")
    drawn = ["reconstruct", "--model", "runs/a", "--data", ".", "--out", "drawn", "--threads", 1]
    place.expect_code(place.dbot(*drawn, at="photos"), 0)
    still("reconstruct")
    place.expect_code(place.dbot("data", "check", ".", at="photos"), 0)
    still("data check")
    split = ["data", "split", ".", "split", "--test", "0.3", "--links"]
    place.expect_code(place.dbot(*split, at="photos"), 0)
    still("data split --links")
    place.expect_code(place.dbot("data", "pack", ".", "packed", at="photos"), 0)
    still("data pack")
    (place.folder / "link").symlink_to("photos")
    still("all of that, by its absolute path", str(place.folder / "photos"))
    still("all of that, through a link", "link", ".")


def a_run_beside_the_images_goes_on_by_any_spelling(place: Workplace) -> None:
    """The data folder is named absolutely and through a link, the run relatively."""
    images = photos(place)
    (place.folder / "link").symlink_to("photos")
    for number, source in enumerate((str(place.folder / "photos"), "link")):
        run = ["pretrain", "dbot/quick", "--data", source, "--out", f"photos/run-{number}", *PICTURED]
        place.expect_code(place.dbot(*run), 0)
        place.expect_code(place.dbot(*run, "--resume"), 0)
    found = place.images_in("photos")
    if found != images:
        place.complain(f"data stats photos after two runs: {found} images, expected {images}")


def steps_of(place: Workplace, run: str) -> list[int]:
    folder = place.folder / run / "checkpoints"
    return sorted(int(path.name.split("-")[1]) for path in folder.glob("step-*"))


def latest_in_the_way(place: Workplace, obstacle) -> None:
    """A stopped run whose `latest` is something else goes on, saves, and removes old checkpoints."""
    settings = ["--set", "train.batch_size=2", "--set", "checkpoint.every_steps=20"]
    settings += ["--set", "data.max_bad_fraction=0.5", *QUICK, *UNJUDGED]
    words = ["pretrain", "dbot/quick", "--data", "leave_out/cat", "--steps", 160, *settings]
    words += ["--out", "run", "--set", "checkpoint.retry_seconds=5"]
    stopped = place.stop_when(lambda: steps_of(place, "run"), *words)
    if not place.expect_code(stopped, 75):
        return
    began = steps_of(place, "run")[-1]
    obstacle(place.folder / "run/checkpoints/latest")
    ended = place.dbot(*words, "--resume", "--json")
    place.expect_code(ended, 0)
    place.expect("steps are lost" not in ended.err, ended, "no lost steps")
    place.expect(f"{began}" in ended.err, ended, f"to go on at step {began}")
    kept = steps_of(place, "run")
    place.expect(kept and kept[-1] == 160, ended, f"a checkpoint of step 160, found {kept}")
    place.expect(len(kept) <= 3, ended, f"old checkpoints to be removed, found {kept}")


def latest_is_a_folder(place: Workplace) -> None:
    """As object stores, zip and some clouds copy a link."""

    def copied(latest) -> None:
        target = latest.resolve()
        latest.unlink()
        shutil.copytree(target, latest)

    latest_in_the_way(place, copied)


def latest_is_a_file(place: Workplace) -> None:
    """A link that was copied as its text."""

    def as_text(latest) -> None:
        target = latest.readlink()
        latest.unlink()
        latest.write_text(str(target))

    latest_in_the_way(place, as_text)


def latest_is_gone(place: Workplace) -> None:
    """A disk without links never had one."""
    latest_in_the_way(place, lambda latest: latest.unlink())


CASES = [
    own_output_is_no_data,
    a_run_beside_the_images_goes_on_by_any_spelling,
    latest_is_a_folder,
    latest_is_a_file,
    latest_is_gone,
]
