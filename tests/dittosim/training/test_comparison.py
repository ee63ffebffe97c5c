from pathlib import Path

import pytest

from dittosim.training.comparison import UNPRUNED, Comparison, load_comparison
from dittosim.training.starting_point import starting_point
from golden.errors import DittosimError
from golden.pruning.selection import Criterion
from tests.helpers.command_line import REPOSITORY

WHOLE = """
seeds = [4, 5]
sparsities = [0.3, 0.6]
[training]
model = "resnet"
epochs = 8
[pruning]
every = 2
until = 4
[variants]
reprune = {}
norms = { method = "l1", every = 4 }
"""


def load(tmp_path: Path, text: str) -> Comparison:
    path = tmp_path / "comparison.toml"
    path.write_text(text)
    return load_comparison(path)


def test_every_variant_sparsity_and_seed(tmp_path):
    runs = load(tmp_path, WHOLE).runs()
    assert [(run.variant, run.sparsity, run.config.seed) for run in runs] == [
        (UNPRUNED, 0, 4),
        (UNPRUNED, 0, 5),
        *(
            (variant, sparsity, seed)
            for sparsity in (0.3, 0.6)
            for variant in ("reprune", "norms")
            for seed in (4, 5)
        ),
    ]
    assert runs[0].config.pruning is None
    last = runs[-1].config
    assert (last.model, last.epochs) == ("resnet", 8)
    assert last.pruning
    assert (last.pruning.method, last.pruning.every, last.pruning.until) == (Criterion.L1, 4, 4)
    assert last.pruning.sparsity == 0.6
    assert len({run.config.model_dump_json() for run in runs}) == len(runs)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seeds = [4, 5]", "seeds = []", "seeds = []"),
        ("sparsities = [0.3, 0.6]", "sparsities = [1.0]", "reprune: pruning.sparsity = 1.0"),
        ("sparsities = [0.3, 0.6]", "", "sparsities"),
        ("epochs = 8", "epochs = 3", "reprune: pruning.until = 4 is after the last of 3 epochs"),
        ("epochs = 8", "epochs = 8\nepoch = 8", "no pruning: unknown field 'epoch'"),
        ("epochs = 8", "epochs = 8\nseed = 1", "'seed' is set by"),
        ("until = 4", "until = 4\nsparsity = 0.5", "'sparsity' is set by"),
        ("{}", "{ sparsity = 0.5 }", "'sparsity' is set by"),
        ("reprune = {}", '"no pruning" = {}', "choose another name"),
        (
            "every = 4",
            "other = 4",
            "norms: pruning: unknown field 'other'; the fields are sparsity, every",
        ),
        ("[variants]", "[variants", "not valid TOML"),
    ],
)
def test_wrong_files_are_refused(tmp_path, old, new, words):
    assert old in WHOLE
    with pytest.raises(DittosimError) as error:
        load(tmp_path, WHOLE.replace(old, new))
    message = str(error.value)
    assert words in message
    assert "comparison.toml" in message
    assert "\n" not in message


def test_comparisons_of_the_documentation_are_possible():
    paths = sorted((REPOSITORY / "docs" / "comparisons").glob("*.toml"))
    assert len(paths) == 4
    for path in paths:
        comparison = load_comparison(path)
        assert len(comparison.seeds) == 3
        starting_point(comparison.runs()[-1].config)
