from pathlib import Path

import pytest

from dittosim.training.config import PruningConfig, TrainingConfig, load_training
from golden.errors import DittosimError
from golden.workload.workload import shipped_workloads

WHOLE = 'model = "digits-unet"\nepochs = 10\n'
PRUNING = "[pruning]\nsparsity = 0.5\nevery = 2\nuntil = 6\n"


def load(tmp_path: Path, text: str) -> TrainingConfig:
    path = tmp_path / "training.toml"
    path.write_text(text)
    return load_training(path)


def test_a_whole_training(tmp_path):
    found = load(tmp_path, f"{WHOLE}seed = 3\n{PRUNING}regrowth = 0\n")
    expected = PruningConfig(sparsity=0.5, every=2, until=6, regrowth=0)
    assert found == TrainingConfig(model="digits-unet", epochs=10, seed=3, pruning=expected)
    assert load(tmp_path, WHOLE).pruning is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("epochs = 1\n", "model"),
        ("model = \n", "not valid TOML"),
        (f"{WHOLE}rate = inf\n", "rate = inf"),
        (f"{WHOLE}rate = nan\n", "rate = nan"),
        (f"{WHOLE}batch = {10**12}\n", "batch = 1000000000000: must be at most"),
        (f"{WHOLE}seed = {10**26}\n", f"seed = {10**26}: must be less than"),
        (WHOLE.replace("10", str(10**12)), "epochs = 1000000000000: must be at most"),
        (f"{WHOLE}{PRUNING}columns = {10**12}\n", "columns = 1000000000000: must be at most"),
        (f"{WHOLE}rates = 1\n", "unknown field 'rates'"),
        (WHOLE.replace("10", "0"), "epochs = 0"),
        (f'{WHOLE}start = "later"\n', "start = 'later'"),
        (WHOLE.replace("digits-unet", "resnet") + 'start = "trained"\n', "use scratch"),
        (WHOLE + PRUNING.replace("0.5", "1.0"), "pruning.sparsity = 1.0"),
        (WHOLE + PRUNING.replace("0.5", "-0.1"), "pruning.sparsity = -0.1"),
        (WHOLE + PRUNING.replace("until = 6", "until = 1"), "no selection would be made"),
        (WHOLE + PRUNING.replace("until = 6", "until = 7"), "must be a multiple of every = 2"),
        (WHOLE + PRUNING.replace("until = 6", "until = 12"), "after the last of 10 epochs"),
        (f'{WHOLE}{PRUNING}method = "best"\n', "pruning.method = 'best'"),
        (f"{WHOLE}{PRUNING}regrowth = 1.5\n", "pruning.regrowth = 1.5"),
    ],
)
def test_wrong_files_are_refused(tmp_path, text, words):
    with pytest.raises(DittosimError) as error:
        load(tmp_path, text)
    message = str(error.value)
    assert words in message
    assert "training.toml" in message
    assert "\n" not in message


def test_missing_file(tmp_path):
    with pytest.raises(DittosimError, match=r"cannot read .*none\.toml"):
        load_training(tmp_path / "none.toml")


def test_trainings_of_shipped_workloads_are_valid():
    found = {
        name: load_training(folder / "training.toml")
        for name, folder in shipped_workloads().items()
        if (folder / "training.toml").exists()
    }
    assert len(found) == 4
    for name, config in found.items():
        model, _, sparsity = name.rpartition("-s")
        assert config.model == model
        assert config.pruning
        assert config.pruning.sparsity == int(sparsity) / 100
