"""The command that fine-tunes a network by the recipe for small sets, with few labels or all."""

from common.cell import settings

EPOCHS = {"1%": 100, "10%": 20, "all": 3}  # by labels; the same with and without pre-training
CHECKPOINTS = 10  # of a run: how often a killed one can go on from


def fine_tuning_words(
    model: str, data: str, folder: str, *, labels: str, seed: int, from_scratch: bool
) -> tuple[str, ...]:
    """`labels` is a key of EPOCHS."""
    epochs = EPOCHS[labels]
    every = max(1, epochs // CHECKPOINTS)
    return (
        *("evaluate", "finetune", "--model", model, "--data", data),
        *("--recipe", "finetune/small", "--seed", str(seed), "--epochs", str(epochs)),
        *(() if labels == "all" else ("--labels", labels)),
        *(("--from-scratch",) if from_scratch else ()),
        *settings("evaluate.every_epochs=0", f"checkpoint.every_epochs={every}"),
        *("--out", folder, "--resume", "--json"),
    )
