"""Weights of other tools: what is read, and what is refused by name."""

import json
import math
import shutil
import struct

from workplace import QUICK, UNJUDGED, Workplace

REFERENCE = "hf_dinov2_reference.safetensors"


def tensors_of(content: bytes) -> dict[str, tuple[int, int, str]]:
    """Of a safetensors file: begin, end and code of the numbers, in the order of their bytes."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    codes = {"F16": "e", "F32": "f"}
    found = {
        name: (*(8 + length + offset for offset in entry["data_offsets"]), codes[entry["dtype"]])
        for name, entry in header.items()
    }
    return dict(sorted(found.items(), key=lambda item: item[1][0]))


def not_finite(path) -> list[str]:
    content = path.read_bytes()
    return [
        name
        for name, (begin, end, code) in tensors_of(content).items()
        if not all(math.isfinite(x) for (x,) in struct.iter_unpack(f"<{code}", content[begin:end]))
    ]


def with_value(source, target, tensor: str, value: float) -> None:
    """The same weights with one number changed."""
    content = bytearray(source.read_bytes())
    begin, _, code = tensors_of(content)[tensor]
    struct.pack_into(f"<{code}", content, begin + 2 * struct.calcsize(code), value)
    target.write_bytes(content)


def rotary_positions(place: Workplace) -> None:
    """A network of DINOv3's kind is read whole; with a part that dbot lacks it is refused by name."""
    file = "dinov3_rope.safetensors"
    for more in (["--image-size", 32], []):
        answer = place.dbot("import", file, *more, "--out", "x.safetensors", "--force", "--json")
        place.expect_code(answer, 0)
        config = answer.json.get("config", {})
        rotary = config.get("rotary", {}).get("coordinates") == "centred"
        place.expect(rotary and config.get("registers") == 4, answer, "rotations and registers")
    with_rotations = place.features(file, "parts_valid", "--image-size", "32")
    place.expect(with_rotations, answer, "features")
    unknown = (place.folder / file).read_bytes().replace(b"rope_embed.periods", b"rope_embed.unknown")
    (place.folder / "unknown.safetensors").write_bytes(unknown)
    for more in (["--image-size", 32], []):
        answer = place.dbot("import", "unknown.safetensors", *more, "--out", "y.safetensors")
        place.expect_refusal(answer, "rope_embed.unknown")
        place.expect(not (place.folder / "y.safetensors").exists(), answer, "no file")
    words = ["embed", "--model", "unknown.safetensors", "--image-size", 32]
    answer = place.dbot(*words, "--data", "parts_valid", "--out", "y.csv")
    place.expect_refusal(answer, "rope_embed.unknown")


def weights_that_are_not_finite(place: Workplace) -> None:
    """Every command that uses them names the first tensor; nothing is written."""
    source = place.folder / REFERENCE
    with_value(source, place.folder / "infinite.safetensors", "norm.weight", math.inf)
    with_value(source, place.folder / "late.safetensors", "blocks.0.mlp.fc2.bias", math.nan)
    for file in ("nan", "infinite", "late"):
        model = f"{file}.safetensors"
        used = ["--model", model, "--data", "parts_valid"]
        commands = {
            f"{file}.csv": ["embed", *used, "--out", f"{file}.csv"],
            f"{file}-out.safetensors": ["import", model, "--out", f"{file}-out.safetensors"],
            f"{file}.pth": ["export", model, "--format", "pth", "--out", f"{file}.pth"],
            f"{file}.none": ["evaluate", "knn", *used],
        }
        for written, words in commands.items():
            answer = place.dbot(*words)
            place.expect_refusal(answer, *not_finite(place.folder / model))
            place.expect(not (place.folder / written).exists(), answer, f"no {written}")
    place.expect_words(place.dbot("inspect", "nan.safetensors"), "finite")
    teacher = ["--set", "teacher.init=file", "--set", "teacher.path=nan.safetensors"]
    words = ["--data", "parts_valid", "--out", "run", "--steps", 4, "--set", "train.batch_size=2"]
    size = ["--set", "model.image_size=32", "--set", "model.patch_size=8"]
    run = place.dbot("pretrain", "dbot/quick", *words, *teacher, *size, *QUICK, *UNJUDGED)
    place.expect_refusal(run, *not_finite(place.folder / "nan.safetensors"))
    place.expect("skipped" not in run.err, run, "an end before the first step")


def blocks_in_chunks(place: Workplace) -> None:
    """Names with a part in the middle are those of the ordinary network."""
    chunked = place.features("chunked.pth", "parts_valid")
    plain = place.features("chunked_reference.pth", "parts_valid")
    place.expect_equal_features(chunked, plain, 1e-5, "block chunks and their reference")


def dinov2_of_transformers(place: Workplace) -> None:
    """The same network under the names of transformers."""
    converted = place.features("hf_dinov2", "parts_valid")
    plain = place.features(REFERENCE, "parts_valid")
    place.expect_equal_features(converted, plain, 2e-2, "transformers' DINOv2 and its reference")


def preprocessor_of_hugging_face(place: Workplace) -> None:
    """Every field of preprocessor_config.json is followed, or refused by its name."""
    config = place.folder / "hf_nonorm/preprocessor_config.json"
    fields = json.loads(config.read_text())

    def imported(**changes) -> None:
        shutil.rmtree(place.folder / "x", ignore_errors=True)
        config.write_text(json.dumps({**fields, **changes}))
        return place.dbot("import", "hf_nonorm", "--out", "x.safetensors", "--force", "--json")

    def normalisation(answer) -> list:
        return [answer.json.get("config", {}).get(key, [])[:1] for key in ("mean", "std")]

    plain = imported()
    place.expect_code(plain, 0)
    place.expect(normalisation(plain) == [[0], [1]], plain, f"0 and 1, found {normalisation(plain)}")
    embedded = place.dbot("embed", "--model", "hf_nonorm", "--data", "parts_valid", "--out", "x.csv")
    place.expect_code(embedded, 0)
    place.expect("assumed" not in embedded.err, embedded, "nothing assumed")
    half = imported(do_normalize=True, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    place.expect(normalisation(half) == [[0.5], [0.5]], half, "mean and deviation of the file")
    for name, value in {"do_rescale": False, "rescale_factor": 1 / 127.5, "offset": True}.items():
        answer = imported(**{name: value})
        other = answer.code == 0 and normalisation(answer) not in ([[0], [1]], [[0.5], [0.5]])
        refused = answer.code == 3 and name in answer.err
        place.expect(other or refused, answer, f"{name} to be followed, or refused by its name")


CASES = [
    rotary_positions,
    weights_that_are_not_finite,
    blocks_in_chunks,
    dinov2_of_transformers,
    preprocessor_of_hugging_face,
]
