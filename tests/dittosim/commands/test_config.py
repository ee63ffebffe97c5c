import json
import os
from pathlib import Path

import pytest

from golden.machine.config import load_config
from tests.helpers.command_line import Cli, workload_copy


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lanes = = 3", ["not valid TOML", "line 1"]),
        ('lanes = "four"', ["lanes = 'four'", "must be a whole number"]),
        ("lanes = 3", ["beat_elements = 16", "power of two"]),
        ("lanes = 17", ["lanes = 17", "16"]),
        ("lane = 4", ["unknown field 'lane'", "fifo_depth"]),
        ('encoding = "x"', ["encoding = 'x'", "twos-complement"]),
    ],
)
def test_wrong_toml(cli: Cli, tmp_path: Path, text: str, words: list[str]) -> None:
    Path("my.toml").write_text(text)
    for command in (
        "config show my.toml",
        "generate -c my.toml",
        "simulate digits-unet -c my.toml",
    ):
        cli(*command.split()).refused("my.toml", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["my.toml"]


def test_unreadable_toml(cli: Cli) -> None:
    Path("folder.toml").mkdir()
    cli("config", "show", "folder.toml").refused("folder.toml", "it is a folder")
    cli("config", "show", "absent.toml").refused("absent.toml", "No such file")
    Path("bytes.toml").write_bytes(b"\xff\xfe")
    cli("config", "show", "bytes.toml").refused("bytes.toml", "not UTF-8")


def test_list_shows_whole_values(cli: Cli) -> None:
    outcome = cli("config", "list")
    assert outcome.code == 0
    for preset in ("tiny", "small", "paper"):
        assert load_config(preset).digest() in outcome.out
    assert "39,424" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_show(cli: Cli) -> None:
    machine = load_config("tiny")
    figures = json.loads(cli("config", "show", "tiny", "--json", "-").out)
    assert figures.pop("hash") == machine.digest()
    assert figures.pop("derived")["max_k"] == machine.max_k == 128
    assert "accelerator" in figures.pop("makes")
    assert figures.pop("does_not_make") == {}
    assert figures == machine.model_dump(mode="json")
    table = cli("config", "show", "tiny", "--json", "tiny.json").out
    assert "fifo_depth" in table
    assert json.loads(Path("tiny.json").read_text())["hash"] == machine.digest()


def test_show_has_a_row_for_each_field_of_dram(cli: Cli) -> None:
    Path("my.toml").write_text('lanes = 2\n[dram]\nstandard = "hbm3"\nchannels = 16')
    lines = map(str.split, cli("config", "show", "my.toml").out.splitlines())
    rows = {line[0]: line[1:] for line in lines if line}
    assert rows["lanes"][0] == "2"
    assert rows["dram.standard"][0] == "hbm3"
    assert rows["dram.channels"][0] == "16"
    assert rows["dram.mapping"][:5] == ["row", "bank", "column", "group", "channel"]


def test_show_names_the_designs_that_can_be_made(cli: Cli) -> None:
    Path("my.toml").write_text("lanes = 3\nbeat_elements = 12")
    figures = json.loads(cli("config", "show", "my.toml", "--json", "-").out)
    assert {"pe", "tile", "axi-reader"} <= set(figures["makes"])
    assert set(figures["does_not_make"]) >= {"core", "accelerator"}
    assert "bus_bytes = 16" in figures["does_not_make"]["accelerator"]
    table = " ".join(cli("config", "show", "my.toml").out.split())
    assert "does not make" in table
    assert "core, accelerator, board: bus_bytes = 16: must" in table
    for top, reason in figures["does_not_make"].items():
        cli("generate", "-c", "my.toml", "--top", top).refused(reason.partition(";")[0])


@pytest.mark.parametrize(
    "command", ["workloads", "config show tiny", "verify pe -c tiny", "simulate digits-unet"]
)
def test_json_that_cannot_be_written(cli: Cli, tmp_path: Path, command: str) -> None:
    Path("file").touch()
    Path("folder").mkdir()
    for path, reason in (
        ("absent/x.json", "No such file"),
        ("folder", "it is a folder"),
        ("file/x.json", "Not a directory"),
        ("/proc/x.json", "choose a file in a folder"),
    ):
        outcome = cli(*command.split(), "--json", path)
        outcome.refused(path, reason)
        assert outcome.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_json_to_a_device_leaves_the_device(cli: Cli) -> None:
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert cli("config", "show", "tiny", "--json", "pipe").code == 0
    assert json.loads(os.read(reader, 65536))["lanes"] == 2
    os.close(reader)
    assert Path("pipe").is_fifo()
    cli("config", "show", "tiny", "--json", "/dev/full").refused("No space left")


def test_workloads(cli: Cli) -> None:
    figures = json.loads(cli("workloads", "--json", "-").out)
    unet = figures["digits-unet"]
    assert unet["parameters"] == 191_713
    assert unet["steps"] == 50
    assert len(unet["layers"]) == 17
    table = cli("workloads").out
    assert "191,713" in table
    assert max(map(len, table.splitlines())) <= 80


def test_damaged_workload(cli: Cli, tmp_path: Path) -> None:
    folder = workload_copy(tmp_path / "mine")
    weights, description = folder / "weights.safetensors", folder / "workload.json"
    os.truncate(weights, 1000)
    cli("simulate", "mine").refused("mine/weights.safetensors", "cut short")
    weights.unlink()
    cli("simulate", "mine").refused("mine/weights.safetensors", "No such file")
    description.write_text("{")
    cli("simulate", "mine").refused("mine/workload.json", "JSON")
    description.unlink()
    weights.touch()
    cli("simulate", "mine").refused("mine/workload.json", "No such file")
    cli("simulate", "elsewhere").refused("no workload 'elsewhere'", "digits-unet")
