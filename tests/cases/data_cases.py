"""Data sets as they lie about: their parts, labels, archives, tables and lists to leave out."""

import bz2
import gzip
import lzma
import shutil

from workplace import QUICK, Workplace

SPELLINGS = ["valid", "validation", "dev", "eval", "testing", "Val", "VALID", "val2017", "test_2019"]
TRAINS = ["train", "Train", "training", "train2017"]


def expect_cat_and_dog(place: Workplace, source: str, parts: int = 2) -> None:
    answer = place.dbot("data", "stats", source, "--json")
    if not place.expect_code(answer, 0):
        return
    found = answer.json
    place.expect(len(found["parts"]) == parts, answer, f"{parts} parts, found {found['parts']}")
    names = sorted(entry["name"] for entry in found["classes"])
    place.expect(names == ["cat", "dog"], answer, f"the classes cat and dog, found {names}")
    each = [entry["images"] for entry in found["classes"]]
    place.expect(all(len(x) == parts and min(x) > 0 for x in each), answer, "images of both in each")


def parts_in_folders(place: Workplace) -> None:
    """train/ beside valid/, and every other usual name."""
    expect_cat_and_dog(place, "parts_valid")
    for number, name in enumerate(SPELLINGS):
        source = f"parts-{number}"
        shutil.copytree(place.folder / "parts_valid/train", place.folder / source / "train")
        shutil.copytree(place.folder / "parts_valid/valid", place.folder / source / name)
        expect_cat_and_dog(place, source)
    for number, name in enumerate(TRAINS):
        source = f"trains-{number}"
        shutil.copytree(place.folder / "parts_valid/train", place.folder / source / name)
        shutil.copytree(place.folder / "parts_valid/valid", place.folder / source / "valid")
        expect_cat_and_dog(place, source)
    judged = place.dbot("evaluate", "knn", "--model", "pixels", "--data", "parts_valid", "--json")
    if place.expect_code(judged, 0):
        sizes = [judged.json["results"][0][key] for key in ("train_samples", "test_samples")]
        place.expect(sizes == [6, 6], judged, f"6 images of each part, found {sizes}")


def parts_in_parquet(place: Workplace) -> None:
    """Folders of Parquet files, one a part."""
    for name in ("validation", "valid", "test"):
        (place.folder / "parts_parquet/validation").rename(place.folder / f"parts_parquet/{name}")
        answer = place.dbot("data", "stats", "parts_parquet", "--json")
        place.expect_code(answer, 0)
        parts = answer.json.get("parts", [])
        place.expect(len(parts) == 2, answer, f"two parts, found {parts}")
        (place.folder / f"parts_parquet/{name}").rename(place.folder / "parts_parquet/validation")


def several_image_columns(place: Workplace) -> None:
    """The column `annotation` holds plain grey images; `image` is what people mean."""
    model, source = "hf_dinov2_reference.safetensors", "annotation_and_image.parquet"
    answer = place.dbot("embed", "--model", model, "--data", source, "--out", "x.csv")
    place.expect_code(answer, 0)
    place.expect_words(answer, "image", "annotation")
    measured = place.dbot("data", "stats", source, "--json")
    place.expect_code(measured, 0)
    mean = measured.json.get("mean", [])
    place.expect(len(set(mean)) == 3, measured, f"the mean of pictures in colour, found {mean}")


def left_out_everywhere(place: Workplace) -> None:
    """The quarantine list holds for evaluations as well."""
    checked = place.dbot("data", "check", "leave_out", "--out", "check")
    place.expect_code(checked, 3)
    leave_out = "check/quarantine.txt"
    words = ["pretrain", "dbot/quick", "--data", "leave_out", "--out", "run", "--steps", 2]
    words += ["--set", "train.batch_size=8", "--set", f"data.leave_out={leave_out}", "--json", *QUICK]
    answer = place.dbot(*words)
    place.expect_code(answer, 0)
    evaluations = answer.json.get("evaluations", [])
    place.expect(evaluations, answer, "a table of evaluations")
    for evaluation in evaluations:
        used = sum(evaluation["results"][0].get(f"{x}_samples", 0) for x in ("train", "test"))
        place.expect(used in (0, 16), answer, f"evaluations of 16 images, found {used}")
    without = ["--data", "leave_out", "--leave-out", leave_out]
    place.expect_code(place.dbot("evaluate", "knn", "--model", "run", *without), 0)
    embedded = place.dbot("embed", "--model", "run", *without, "--out", "x.csv", "--json")
    place.expect_code(embedded, 0)
    counts = [embedded.json.get(key) for key in ("images", "skipped")]
    place.expect(counts == [16, 0], embedded, f"16 images and none skipped, found {counts}")


def samples_apart_in_a_tar(place: Workplace) -> None:
    """Labels that do not follow their images are found by name, or their loss is said."""
    answer = place.dbot("data", "stats", "not_adjacent.tar", "--json")
    place.expect_code(answer, 0)
    labelled = sum(sum(entry["images"]) for entry in answer.json.get("classes", []))
    said = "8 .cls" in answer.err
    place.expect(said or labelled == 8, answer, f"8 labels found or said, found {labelled}")
    judged = place.dbot("evaluate", "knn", "--model", "pixels", "--data", "not_adjacent.tar")
    if said:
        place.expect_words(judged, "8 .cls")
    else:
        place.expect_code(judged, 0)


def two_archives_in_one_file(place: Workplace) -> None:
    """One archive behind another's end mark."""
    answer = place.dbot("data", "stats", "two_in_one.tar", "--json")
    place.expect_code(answer, 0)
    images = answer.json.get("images")
    said = any(word in answer.err for word in ("end mark", "behind"))
    place.expect(images == 8 or said, answer, f"8 images or a warning, found {images}")


def compressed_archives(place: Workplace) -> None:
    """A compressed archive under another name, or of a kind that is not read, is named."""
    plain = gzip.decompress((place.folder / "gzip_named.tar").read_bytes())
    whole = {"plain.tar": plain, "packed.tar.gz": gzip.compress(plain)}
    for name, content in whole.items():
        (place.folder / name).write_bytes(content)
    count = place.images_in("plain.tar")
    if place.images_in("packed.tar.gz") != count:
        place.complain(f"packed.tar.gz has not the {count} images of plain.tar")
    kinds = {
        "gzip_named.tar": None,
        "bzip2.tar": bz2.compress(plain),
        "xz.tar": lzma.compress(plain),
        "packed.tar.bz2": bz2.compress(plain),
        "packed.tar.xz": lzma.compress(plain),
    }
    words = {"gzip_named.tar": "gzip", "bzip2.tar": "bz", "packed.tar.bz2": "bz"}
    for name, content in kinds.items():
        if content is not None:
            (place.folder / name).write_bytes(content)
        answer = place.dbot("data", "stats", name, "--json")
        if answer.code == 0:  # read after all
            found = answer.json.get("images")
            place.expect(found == count, answer, f"{count} images, found {found}")
        else:
            place.expect_refusal(answer, words.get(name, "xz"), of=name)


def a_folder_of_a_hub(place: Workplace) -> None:
    """README.md and .gitattributes beside data/ with Parquet files."""
    answer = place.dbot("data", "stats", "hub_folder", "--json")
    if answer.code == 0:
        found = answer.json.get("images", 0)
        place.expect(found == place.images_in("hub_folder/data"), answer, "the images in data/")
    else:
        place.expect_refusal(answer, "hub_folder/data")


CASES = [
    parts_in_folders,
    parts_in_parquet,
    several_image_columns,
    left_out_everywhere,
    samples_apart_in_a_tar,
    two_archives_in_one_file,
    compressed_archives,
    a_folder_of_a_hub,
]
