from pathlib import Path

import pytest

from dittosim.sweeps.space import Scope, load_space
from golden.errors import DittosimError
from golden.machine.config import load_config

HEAD = 'workload = "digits-unet"\n'
GRID = "[grid]\nlanes = [2]\n"


def test_whole_machines_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_text(HEAD + GRID)
    space = load_space(path)
    assert (space.scope, space.flow.value) == (Scope.STEPS, "temporal")
    assert space.energies(load_config("small")) == "small45"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('scope = "layers"\n', "scope = 'layers'"),
        ('flow = "float"\n', "flow = 'float': machines compute in integers"),
        ('scope = "tiles"\nflow = "defo"\n', "flow = 'defo': tiles alone have no flow"),
        ('scope = "tiles"\nenergy = "e.toml"\n', "energy and dram are of whole steps"),
        ('dram = "sram"\n', "dram = 'sram'"),
        ('mode = "temporal"\n', "mode"),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "space.toml"
    path.write_text(HEAD + text + GRID)
    with pytest.raises(DittosimError) as refused:
        load_space(path)
    assert words in str(refused.value)
    assert "space.toml" in str(refused.value)
    assert "\n" not in str(refused.value)
