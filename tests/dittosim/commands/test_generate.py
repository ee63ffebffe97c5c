import json
import os
from pathlib import Path

import pytest

from golden.machine.config import load_config
from rtl.emission.emit import tops_of
from tests.helpers.command_line import Cli
from tests.helpers.emissions import emission


@pytest.mark.parametrize("top", tops_of(load_config("tiny")))
def test_generate_twice(cli: Cli, top: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is emitted is the same each time, as test_emit.py sees to."""
    monkeypatch.setattr("rtl.emission.emit.emit", emission)
    arguments = ("generate", "-c", "tiny", "--top", top, "-o", "out")
    assert cli(*arguments).code == 0
    files = sorted(Path("out").iterdir())
    if top == "accelerator":
        suffixes = [path.suffix for path in files]
        assert suffixes == [".core", ".f", ".json", ".v", ".c", ".h", ".h", ".h"]
        files = [path for path in files if path.suffix in (".json", ".v")]
    assert [path.suffix for path in files] == [".json", ".v"]
    for path in files:
        os.utime(path, (1, 1))
    outcome = cli(*arguments)
    assert [path.stat().st_mtime for path in files] == [1, 1], "the same bytes again"
    assert all(str(path) in outcome.out for path in files)
    manifest = json.loads(files[0].read_text())
    assert manifest["configuration_hash"] == load_config("tiny").digest()
    assert f"module {manifest['top']}(" in files[1].read_text()


def test_other_configuration_replaces(cli: Cli) -> None:
    Path("twos.toml").write_text('encoding = "twos-complement"')
    cli("generate", "--top", "pe", "-o", "a")
    before = Path("a/ditto_pe.v").read_text()
    other = ("generate", "--top", "pe", "-o", "a", "-c", "twos.toml")
    cli(*other).refused("a/ditto_pe.v exists already", "-o", "--force")
    assert Path("a/ditto_pe.v").read_text() == before
    assert cli(*other, "--force").code == 0
    assert Path("a/ditto_pe.v").read_text() != before


def test_brackets_in_a_path(cli: Cli) -> None:
    outcome = cli("generate", "-c", "tiny", "--top", "pe", "-o", "out[red]/[")
    assert outcome.code == 0
    assert "out[red]/[/ditto_pe.v" in outcome.out


def test_folder_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    Path("file").write_text("mine")
    for folder in ("file", "file/below", "/proc/below", "/proc"):
        cli("generate", "-c", "tiny", "--top", "pe", "-o", folder).refused(folder, "-o")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert Path("file").read_text() == "mine"
    Path("out/ditto_pe.v").mkdir(parents=True)
    outcome = cli("generate", "-c", "tiny", "--top", "pe", "-o", "out")
    outcome.refused("out/ditto_pe.v", "Is a directory")


def test_machine_that_makes_no_accelerator(cli: Cli) -> None:
    Path("my.toml").write_text("lanes = 3\nbeat_elements = 12")
    cli("generate", "--top", "accelerator", "-c", "my.toml").refused(
        "bus_bytes = 16", "must divide beat_elements = 12"
    )


def test_modules_of_other_tiles(cli: Cli) -> None:
    Path("dense.toml").write_text('tile = "dense"')
    cli("generate", "--top", "dense-lanes", "-c", "dense.toml", "-o", "a")
    assert "module ditto_dense_lanes(" in Path("a/ditto_dense_lanes.v").read_text()
    cli("generate", "--top", "lane-fifo", "-c", "dense.toml", "-o", "b").refused(
        "tile = dense: has no lane-fifo; of tiles, ditto, bit-width, sparsity have"
    )
    assert not Path("b").exists()
    shown = " ".join(cli("config", "show", "dense.toml").out.split())
    assert "dense-lanes" in shown
    assert "lane-fifo" not in shown
