"""What an experiment is made of: a cell is one training or evaluation, which leaves one result."""

from dataclasses import dataclass

# Words of a command that stand for the data: the folder of both parts, and what is trained on.
DATA, TRAINING_DATA = "cifar10", "cifar10/train"
OF_DATA = "data/"  # begins words that stand for what lies in a data folder of several sets


@dataclass(frozen=True)
class Cell:
    name: str
    kind: str  # who makes it: a key of the experiment's makers
    words: tuple[str, ...] = ()  # of dbot, typed in the work folder
    seed: int = 0
    folder: str = ""  # the run folder, in the work folder
    needs: tuple[str, ...] = ()  # run folders that have to be finished

    @property
    def file(self) -> str:
        """Of its result, without characters that shells and systems read otherwise."""
        return self.name.replace("%", "-percent") + ".json"

    @property
    def flat_name(self) -> str:
        """Of its files in a folder of all cells."""
        return self.name.replace("/", "-")


def settings(*values: str) -> tuple[str, ...]:
    return tuple(word for value in values for word in ("--set", value))
