"""Every command but pretrain. Steps read what earlier ones wrote."""

from inputs import REPOSITORY
from steps import IMAGES, INPUTS, Step, methods, settings

FORMATS = {
    "safetensors": "w.safetensors",
    "pth": "w.pth",
    "timm": "timm.safetensors",
    "mae": "mae.pth",
    "dbot": "dbot.pth",
    "huggingface": "hf",
    "huggingface-mae": "hf-mae",
    "onnx": "vit.onnx",
}


def packs() -> list[Step]:
    small = ["--size", "12", "--quality", "80", "--shard-size", "4000"]
    return [
        Step("data pack as is", ["data", "pack", IMAGES, "pack", "--json"]),
        Step("data pack smaller", ["data", "pack", IMAGES, "pack-small", *small, "--json"]),
        Step("data pack --verify", ["data", "pack", "--verify", "pack-small", "--json"]),
        Step("data pack as text", ["data", "pack", IMAGES, "pack-text", "--workers", "1"]),
    ]


def data_commands() -> list[Step]:
    faulty = f"{INPUTS}/faulty"
    steps = packs() + [
        Step("data check", ["data", "check", faulty, "--out", "check", "--json"]),
        Step(
            "data check all",
            ["data", "check", faulty, "--out", "check-all", "--quarantine", "all", "--mirrored"],
        ),
        Step("data check codecs", ["data", "check", f"{INPUTS}/codecs", "--out", "check-codecs"]),
    ]
    for name in ("images", "faulty", "codecs", "idx", "cifar", "images.tar", "lists/labelled.csv"):
        place = f"{INPUTS}/{name}"
        steps.append(Step(f"data stats {name}", ["data", "stats", place, "--json"]))
        steps.append(Step(f"data stats {name} as text", ["data", "stats", place]))
    cut = ["--test", "0.25", "--json"]
    whole = f"{INPUTS}/lists"
    near = [faulty, "split-groups", "--groups", "near-duplicates", "--val", "0.1", *cut]
    away = ["--leave-out", "check/quarantine.txt"]
    bench = ["--images", "32", "--batch", "8", "--workers", "1", "--json"]
    return steps + [
        Step("data split", ["data", "split", whole, "split", *cut]),
        Step("data split by class", ["data", "split", whole, "split-by-class", "--by-class", *cut]),
        Step("data split as links", ["data", "split", whole, "split-links", "--links", *cut]),
        Step("data split in groups", ["data", "split", *near, *away]),
        Step("data bench", ["data", "bench", IMAGES, *bench]),
        Step("data bench idx", ["data", "bench", f"{INPUTS}/idx", *bench]),
    ]


def uses_of_a_run() -> list[Step]:
    """Everything that reads what the trainings wrote."""
    steps = []
    for run in methods():
        model = ["--model", run, "--data", IMAGES, "--threads", "2", "--json"]
        capture = f"{run}/captures/step-00000003"
        steps += [
            Step(f"evaluate knn {run}", ["evaluate", "knn", *model]),
            Step(f"evaluate linear {run}", ["evaluate", "linear", "--features", "both", *model]),
            Step(f"embed {run}", ["embed", "--out", f"{run}.features.safetensors", *model]),
            Step(f"reconstruct {run}", ["reconstruct", "--out", f"{run}.pictures", *model]),
            Step(f"replay {run}", ["replay", capture, "--json"]),
            Step(f"replay {run} as text", ["replay", capture, "--precision", "fp32"]),
            Step(f"watch {run}", ["watch", run, "--once"]),
            Step(f"report {run}", ["report", run, "--out", f"{run}.html", "--json"]),
            Step(f"doctor {run}", ["doctor", "--run", run, "--data", IMAGES, "--json"]),
        ]
    two = ["report", "dbot-fp32", "mae-fp32", "--out", "two.html"]
    return steps + evaluations() + embeddings() + inspections() + [Step("report of two", two)]


def evaluations() -> list[Step]:
    checkpoint = "dbot-fp32/checkpoints/step-00000004"
    words = ["--data", IMAGES, "--threads", "2", "--precision", "fp32"]
    pixels = ["--model", "pixels", "--labels", "0.5", "--seed", "3", *words, "--json"]
    few = ["--model", checkpoint, "--image-size", "24", *words]
    archive = ["--data", f"{INPUTS}/images.tar", "--json"]
    weights = ["--model", "dbot-fp32/model.safetensors", *archive]
    return [
        Step("evaluate knn pixels", ["evaluate", "knn", *pixels]),
        Step("evaluate linear pixels", ["evaluate", "linear", *pixels]),
        Step("evaluate knn checkpoint as text", ["evaluate", "knn", *few]),
        Step("evaluate knn weights", ["evaluate", "knn", *weights]),
    ]


def embeddings() -> list[Step]:
    words = ["embed", "--model", "mae-fp32", "--precision", "fp32"]
    every = [*words, "--data", IMAGES, "--split", "all"]
    return [
        Step("embed csv", [*every, "--features", "cls", "--out", "features.csv", "--json"]),
        Step("embed again", [*every, "--force", "--out", "features.csv"]),
        Step("embed codecs", [*words, "--data", f"{INPUTS}/codecs", "--out", "codecs.csv"]),
        Step("embed faulty", [*words, "--data", f"{INPUTS}/faulty", "--out", "faulty.csv"]),
    ]


def weights() -> list[Step]:
    steps = []
    for format, out in FORMATS.items():
        run = "mae-fp32" if "mae" in format else "dbot-fp32"
        decoder = ["--with-decoder"] if format in ("mae", "dbot") else []
        words = ["export", run, "--format", format, "--out", f"export-{out}", *decoder]
        steps.append(Step(f"export {format}", [*words, "--json"]))
        steps.append(Step(f"export {format} as text", [*words, "--force"]))
    onnx = ["export", "symmetric", "--format", "onnx", "--out", "bytes.onnx"]
    onnx += ["--pixels", "bytes", "--external-data", "--image-size", "24"]
    own = ["--out", "own.safetensors", "--json"]
    steps += [
        Step("export onnx of another size", onnx),
        Step("import own", ["import", "export-w.pth", "--heads", "2", *own]),
        Step("import hf", ["import", "export-hf", "--out", "hf.safetensors", "--json"]),
    ]
    for name in (
        "checkpoint_mae.pth",
        "checkpoint_mae_legacy.pth",
        "checkpoint_mae.hf.safetensors",
        "checkpoint_mae.timm.safetensors",
        "checkpoint_dbot.pth",
        "odd_tensors.pth",
    ):
        out = ["--out", f"{name}.safetensors"]
        words = ["import", f"{INPUTS}/weights/{name}", "--heads", "2", *out]
        steps.append(Step(f"import {name}", [*words, "--json"]))
        steps.append(Step(f"import {name} as text", [*words, "--force"]))
        steps.append(Step(f"inspect {name}", ["inspect", f"{INPUTS}/weights/{name}", "--json"]))
    return steps


def inspections() -> list[Step]:
    steps = []
    for place in (
        "dbot-fp32",
        "symmetric",
        "mae-fp32/run.json",
        "mae-fp32/checkpoints",
        "mae-fp32/checkpoints/step-00000004",
        "dbot-fp32/checkpoints/latest",
        "dbot-fp32/model.safetensors",
        "dbot-fp32/checkpoints/latest/optimizer.safetensors",
    ):
        steps.append(Step(f"inspect {place}", ["inspect", place, "--json"]))
        steps.append(Step(f"inspect {place} as text", ["inspect", place]))
    return steps


def words_alone() -> list[Step]:
    """What the program says of itself."""
    commands = "pretrain evaluate embed reconstruct inspect import export report replay watch"
    commands += " recipes bench data doctor completion man"
    helps = [[command, "--help"] for command in commands.split()]
    helps += [["bench", x, "--help"] for x in ("step", "ops", "limits")]
    helps += [["data", x, "--help"] for x in ("pack", "bench", "check", "stats", "split")]
    pages = [["completion", shell] for shell in ("bash", "zsh", "fish")]
    pages += [["man"], ["--version"], ["--help"], ["recipes"], ["recipes", "keys"]]
    recipes = sorted((REPOSITORY / "recipes").rglob("*.toml"))
    pages += [["recipes", "show", f"{path.parent.name}/{path.stem}"] for path in recipes]
    return [Step(" ".join(words), words) for words in helps + pages]


def benches() -> list[Step]:
    threads = ["--threads", "1", "--json"]
    step = ["bench", "step", "dbot/quick", "--batch", "8", "--steps", "1"]
    step += settings(model_width=32, model_depth=2, model_heads=2)
    few = ["--rounds", "1", "--filter", "LayerNorm, visible"]
    return [
        Step("bench step", [*step, "--precision", "fp32", *threads]),
        Step("bench step reference", [*step, "--kernels", "reference", *threads]),
        Step("bench ops", ["bench", "ops", *few, *threads]),
        Step("bench limits", ["bench", "limits", *threads]),
        Step("doctor", ["doctor", "--out", "new", "--json"]),
    ]
