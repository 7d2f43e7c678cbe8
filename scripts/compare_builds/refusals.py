"""Wrong usages, and what is refused: exit codes and messages."""

from pathlib import Path

from steps import IMAGES, INPUTS, SMALL, Step, settings

USAGES = [
    "",
    "pretain",
    "search",
    "--nosuch",
    "pretrain",
    "pretrain dbot/quick",
    "pretrain dbot/quick --data . --fast",
    "pretrain dbot/quick --data . --steps many",
    "pretrain dbot/quick --data . --steps -1",
    "pretrain dbot/quick --data . --steps 99999999999999999999",
    "pretrain dbot/quick --data . --steps 2 --epochs 2",
    "pretrain dbot/quick --data . --seed 1.5",
    "pretrain dbot/quick --data . --epochs x",
    "pretrain dbot/quick --data . --processes 2",
    "pretrain dbot/quick --data . --resume",
    "pretrain dbot/quik --data .",
    "pretrain none.toml --data .",
    "evaluate knm --model x --data .",
    "evaluate segment --model x --data .",
    "evaluate knn --model pixels --data . --labels 2",
    "evaluate knn --model none --data IMAGES",
    "evaluate knn --model pixels --data none",
    "evaluate knn --model pixels --data INPUTS/flat",
    "evaluate knn --model pixels --data INPUTS/junk",
    "evaluate knn --model dbot-fp32 --data IMAGES --image-size 15",
    "evaluate linear --model dbot-fp32/recipe.toml --data IMAGES",
    "embed --model dbot-fp32 --data IMAGES --out taken.csv",
    "embed --model dbot-fp32 --data IMAGES --out none/f.csv",
    "embed --model dbot-fp32 --data IMAGES --out f.txt",
    "embed --model dbot-fp32 --data IMAGES --out f.csv --split some",
    "reconstruct --model dbot-fp32/model.safetensors --data IMAGES --out new",
    "reconstruct --model dbot-fp32 --data IMAGES --out dbot-fp32",
    "reconstruct --model dbot-fp32 --data IMAGES --out new --images 0",
    "inspect none",
    "inspect INPUTS/idx/t10k-images-idx3-ubyte",
    "import none.pth --out new.safetensors",
    "import INPUTS/weights/checkpoint_mae.pth --out new.safetensors",
    "import INPUTS/weights/checkpoint_mae.pth --out new.safetensors --heads 3",
    "import INPUTS/weights/checkpoint_mae.pth --out new.safetensors --heads 2 --key none",
    "import INPUTS/weights/checkpoint_mae.pth --out new.safetensors --image-size 8x",
    "import INPUTS/weights/checkpoint_mae.pth --out new.pth",
    "import INPUTS/junk/0.jpg --out new.safetensors",
    "export dbot-fp32 --format tensorflow --out new",
    "export dbot-fp32 --format pth --out taken.pth",
    "export dbot-fp32 --format mae --out new.pth --with-decoder",
    "export dbot-fp32/model.safetensors --format dbot --out new.pth --with-decoder",
    "export symmetric --format huggingface --out new",
    "export none --format pth --out new.pth",
    "report none",
    "report INPUTS/idx",
    "replay none",
    "replay dbot-fp32",
    "watch none --once",
    "recipes show none",
    "bench step none",
    "bench step dbot/quick --kernels sse",
    "bench ops --filter none",
    "data",
    "data chek x",
    "data pack none new",
    "data pack IMAGES pack",
    "data pack --verify IMAGES",
    "data check none",
    "data check IMAGES --out dbot-fp32",
    "data stats none",
    "data stats INPUTS/junk",
    "data split INPUTS/lists split --test 0.2",
    "data split INPUTS/lists new --test 2",
    "data split INPUTS/idx new --test 0.2",
    "data bench none",
    "data bench IMAGES --recipe none",
    "doctor --data none",
    "doctor --run none",
    "doctor --out /dev/null/new",
    "completion tcsh",
]
WRONG_KEYS = {
    "model_widht": 32,
    "model_width": "wide",
    "model_patch_size": 3,
    "model_heads": 3,
    "mask_ratio": 0,
    "optimizer_clip_norm": "1e-300",
    "optimizer_eps": "1e-39",
    "data_mean": "[0.1, 0.1, 0.1]",
    "data_leave_out": "none.txt",
    "data_weights": "[1, 2]",
    "teacher_init": "file",
    "teacher_path": "none.safetensors",
    "evaluate_data": "none",
    "evaluate_max_train_images": 1,
    "stages_epochs": "[1]",
    "train_batch_size": 400,
    "train_precision": "fp64",
    "train_kernels": "sse",
    "nosection_key": 1,
}


def pretrain(name: str, *more: str, data: str = IMAGES, out: str = "") -> Step:
    out = out or f"new-{name.split()[0]}"
    words = ["pretrain", "dbot/quick", "--data", data, "--out", out, *SMALL, "--steps", "2"]
    return Step(f"refuse {name}", [*words, *more])


def wrong_usages() -> list[Step]:
    steps = []
    for usage in USAGES:
        words = usage.replace("INPUTS", INPUTS).replace("IMAGES", IMAGES).split()
        steps.append(Step(f"refuse: {usage}", words))
    for key, value in WRONG_KEYS.items():
        steps.append(pretrain(f"{key} = {value}", *settings(**{key: value})))
    huge = settings(model_width=16384, model_depth=256)
    other = settings(optimizer_base_lr=0.5)
    torn = ["--model", "torn-checkpoint/student.safetensors", "--data", IMAGES]
    return steps + [
        pretrain("memory that is not there", *huge),
        pretrain("a GPU", "--device", "cuda"),
        pretrain("missing data", data="none"),
        pretrain("empty data", data="empty"),
        pretrain("broken images", data=f"{INPUTS}/junk"),
        pretrain("many bad images", *settings(data_max_bad_fraction=0), data=f"{INPUTS}/faulty"),
        pretrain("a run that is there", out="dbot-fp32"),
        pretrain("a folder that is not empty", out="pack"),
        pretrain("a file", "--resume", out="taken.csv"),
        pretrain("another recipe", "--resume", *other, out="dbot-fp32"),
        pretrain("other data", "--resume", data=f"{INPUTS}/idx", out="untrained"),
        pretrain("broken recipe", "--set", "model.width"),
        Step("refuse a recipe with mistakes", ["pretrain", "wrong.toml", "--data", IMAGES]),
        Step("refuse a torn pack", ["data", "pack", "--verify", "torn-pack", "--json"]),
        Step("refuse a torn checkpoint", ["inspect", "torn-checkpoint", "--json"]),
        Step("refuse torn weights", ["evaluate", "knn", *torn]),
    ]


def damage(folder: Path) -> None:
    """Prepares what is to be refused from what the build wrote, if it did."""

    def torn_copy(source: Path, target: Path, torn: str) -> None:
        """Of all files; the one called `torn` loses its end."""
        for path in sorted(source.rglob("*")) if source.is_dir() else []:
            if path.is_file():
                content = path.read_bytes()
                place = target / path.relative_to(source)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content[:-20] if path.name == torn else content)

    (folder / "empty").mkdir()
    (folder / "wrong.toml").write_text('[model]\nwidth = 32\ndepth = "two"\n[nosection]\nkey = 1\n')
    (folder / "taken.csv").write_text("taken")
    (folder / "taken.pth").write_text("taken")
    checkpoint = folder / "dbot-fp32/checkpoints/step-00000008"
    torn_copy(checkpoint, folder / "torn-checkpoint", "student.safetensors")
    torn_copy(folder / "pack-small", folder / "torn-pack", "shard-00000.images")
