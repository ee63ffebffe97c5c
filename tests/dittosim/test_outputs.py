"""What commands write: whole or not at all, whatever becomes of the disk; nothing unasked."""

import os
import re
import shutil
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dittosim.energy.table import SHIPPED, load_energies
from tb.harness.task import Findings
from tests.helpers.cells import mapped_without_tools, save_library
from tests.helpers.command_line import Cli
from tests.helpers.diffusers_models import UNET, write_model
from tests.helpers.full_disk import nearly_full
from tests.helpers.parameters import parameters
from tests.helpers.placed import placed_without_tools
from tests.helpers.sweep_results import sweep_points, write_results
from tests.helpers.tiny_digits import save_tiny_digits

INPUTS = {
    ("import", "folder"),
    ("import", "context"),
    ("import", "inputs"),
    ("capture", "folder"),
    ("capture", "context"),
    ("capture", "inputs"),
    ("capture", "negative"),
    ("sweep", "space"),
    ("train", "config"),
    ("compare", "comparison"),
    ("ppa", "liberty"),
    ("ppa", "memories"),
    ("energy", "liberty"),
    ("energy", "memories"),
    ("fpga", "pins"),
    ("layers", "file"),
    ("report", "results"),
}
"""Paths that are read"""


@dataclass(frozen=True)
class Case:
    """A command that writes."""

    arguments: str
    """Of the command line; what it writes is in the folder DISK"""
    options: tuple[str, ...]
    """By which it is told where to write"""
    resumes: bool = False
    """Whether it goes on where it was, in a folder that exists"""
    needs: str = ""
    """What it cannot do without"""
    refusal: str = ""
    """How it says that the disk is full, if it knows that beforehand"""


CASES = [
    Case("workloads --json DISK/a.json", ("json",)),
    Case("cache --json DISK/a.json", ("json",)),
    Case("config list --json DISK/a.json", ("json",)),
    Case("config show tiny --json DISK/a.json", ("json",)),
    Case("generate -c tiny --top pe -o DISK/out", ("output",), resumes=True),
    Case(
        "ppa --top pe -c tiny --aim area --liberty cells.lib --json DISK/a.json --netlists DISK/n "
        "--paths DISK/p",
        ("json", "netlists", "paths"),
    ),
    Case(
        "energy tiny -c tiny --liberty cells.lib -o DISK/out.toml --json DISK/a.json",
        ("json", "output"),
    ),
    Case("fpga --top pe --device 25k --json DISK/a.json -o DISK/out", ("json", "output")),
    Case("verify pe -c tiny --json DISK/a.json", ("json",)),
    Case("sample tiny --images 2 --steps 1 -o DISK/out --json DISK/a.json", ("output", "json")),
    Case("simulate tiny -c tiny --steps 1 --json DISK/a.json", ("json",)),
    Case(
        "stats tiny -c tiny --steps 2 --images 1 --html DISK/a.html --json DISK/a.json "
        "--csv DISK/a.csv -o DISK/out",
        ("html", "json", "csv", "output"),
    ),
    Case(
        "quality tiny --images 2 --steps 1 --json DISK/a.json -o DISK/out",
        ("json", "output"),
    ),
    Case("prune tiny --sparsity 0.5 --json DISK/a.json -o DISK/out", ("json", "output")),
    Case("corners tiny tiny -c tiny --quality-images 2 --images 1 --json DISK/a.json", ("json",)),
    Case("sweep space.toml -o DISK/out -j 1", ("output",), resumes=True),
    Case("sweep space.toml -o swept -j 1 --json DISK/a.json", ("json",)),
    Case(
        "designs tiny --design ditto --steps 1 -j 1 --json DISK/a.json -o DISK/out",
        ("json", "output"),
    ),
    Case("report results.parquet -o DISK/a.html", ("output",)),
    Case("layers net.csv --json DISK/a.json -o DISK/out", ("json", "output")),
    Case(
        "shape --design itc --budget 3 --lanes 16 -j 1 --json DISK/a.json -o DISK/out",
        ("json", "output"),
    ),
    Case("layers net.csv --topology DISK/a.csv", ("topology",)),
    Case(
        "import model -o DISK/out --steps 1 --images 1 --schedule default --json DISK/a.json",
        ("output", "json"),
    ),
    Case("compile tiny -c tiny --json DISK/a.json", ("json",)),
    Case("compile tiny -c tiny -o DISK/out", ("output",)),
    Case(
        "requests tiny -c dram.toml --steps 2 -o DISK/a.trace --json DISK/a.json",
        ("output", "json"),
    ),
    Case("timeline tiny -c tiny --step 0-1 -o DISK/out --json DISK/a.json", ("output", "json")),
    Case("demo tiny -c tiny -o DISK/out --json DISK/a.json", ("output", "json")),
    Case(
        "capture model --classes --steps 2 --schedule default -o DISK/out --json DISK/a.json",
        ("output", "json"),
        needs="torch",
    ),
    Case(
        "capture model --layers conv_in --steps 2 --schedule default -o DISK/out",
        ("output",),
        needs="torch",
        refusal="the trace takes",
    ),
    Case("train training.toml -o DISK/out --json DISK/a.json", ("output", "json"), needs="torch"),
    Case("compare comparison.toml -o DISK/out -j 1", ("output",), resumes=True, needs="torch"),
    Case("compare comparison.toml -o compared -j 1 --json DISK/a.json", ("json",), needs="torch"),
]


def command_of(case: Case) -> str:
    words = case.arguments.split()
    return " ".join(words[:2]) if words[0] == "config" else words[0]


def test_no_output_is_forgotten() -> None:
    """A new option that takes a path is to be named above."""
    paths = {
        (command, parameter.name)
        for command, parameter in parameters()
        if parameter.type_descriptor.annotation is Path
    }
    known = {(command_of(case), option) for case in CASES for option in case.options}
    assert paths == known | INPUTS


def test_all_that_write_can_be_forced() -> None:
    forced = {command for command, parameter in parameters() if parameter.name == "force"}
    assert forced == {command_of(case) for case in CASES}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    save_tiny_digits(folder / "tiny")
    save_library(folder / "cells.lib")
    write_model(folder / "model", UNET)
    (folder / "space.toml").write_text(
        'workload = "tiny"\nbase = "tiny"\nsteps = 1\n[grid]\nfifo_depth = [2]\n'
    )
    (folder / "dram.toml").write_text(
        'lanes = 2\ncolumns = 4\nbeat_elements = 8\nbus_bytes = 4\ndram = "ddr4-2400"\n'
    )
    write_results(folder / "results.parquet", sweep_points())
    (folder / "net.csv").write_text("name, M, N, K,\nhead, 5, 10, 64,\n")
    (folder / "training.toml").write_text('model = "tiny"\nepochs = 1\n')
    (folder / "comparison.toml").write_text(
        'seeds = [0]\nsparsities = [0.5]\n[training]\nmodel = "tiny"\nepochs = 1\n'
        "[pruning]\nevery = 1\nuntil = 1\n[variants]\nreprune = {}\n"
    )
    return folder


@pytest.fixture
def run(cli: Cli, inputs: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Case, Path], Any]:
    """Runs a case, writing below a folder; without the Verilog, which writes elsewhere."""
    for path in inputs.iterdir():
        (shutil.copytree if path.is_dir() else shutil.copy)(path, path.name)

    def no_bench(_: int, __: object, arguments: list[object], **___: object) -> list[Findings]:
        return [Findings(values=1) for _ in arguments]

    mapped_without_tools(monkeypatch)
    measured = load_energies(SHIPPED), []
    monkeypatch.setattr("dittosim.commands.energy.versions", dict)
    monkeypatch.setattr("dittosim.commands.energy.measure_machine", lambda *_: measured)
    placed_without_tools(monkeypatch)
    monkeypatch.setattr("dittosim.commands.demo.IMAGES", 1)
    for module in ("commands.demo", "verification.checks"):
        monkeypatch.setattr(f"dittosim.{module}.in_parallel", no_bench)

    def run(case: Case, folder: Path, *more: str) -> Any:
        if case.needs:
            pytest.importorskip(case.needs)
            from dittosim.training import tasks

            monkeypatch.setattr(tasks, "SCORED_IMAGES", 4)
            monkeypatch.setattr(tasks, "SCORED_STEPS", 2)
        return cli(*case.arguments.replace("DISK", str(folder)).split(), *more)

    return run


def said(out: str, folder: Path, file: Path) -> bool:
    """Whether a command's output says that it wrote a file, by its name or that of its folder."""
    below = [str(folder / parent) for parent in file.parents if parent != Path()]
    return (
        file.name in out
        or any(name in re.split(r"[\s,:;]+", out) for name in below)
        or any(f"{part}/" in re.split(r"[\s,:;]+", out) for part in file.parts[:-1])
    )


def files_in(folder: Path) -> dict[str, bytes]:
    """In the order in which they were made."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != "full"]
    # A lock is empty, and needs no room.
    found = [path for path in found if path.suffix != ".lock"]
    # Two may have the same tick of the clock: parts, in a folder of their own, come first.
    found.sort(key=lambda path: (path.stat().st_mtime_ns, -len(path.parts)))
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.arguments[:40])
def test_full_disk(
    run: Callable[..., Any], case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever file the disk has no room for, that is said, and those before it are whole."""
    whole = tmp_path / "whole"
    whole.mkdir()
    outcome = run(case, whole)
    assert outcome.code == 0, outcome.err
    expected = files_in(whole)
    assert [name for name in expected if not said(outcome.out, whole, Path(name))] == []
    assert expected
    names = list(expected)
    kinds = {Path(name).suffix: name for name in reversed(names)}  # the first of each
    for name in kinds.values():
        number = names.index(name)
        before = [whole / each for each in names[:number]]
        with nearly_full(tmp_path / "disk", before, Path(name).name, monkeypatch) as folder:
            outcome = run(case, folder)
            left = files_in(folder)
            if case.refusal and case.refusal in outcome.err:
                outcome.refused(case.refusal)
            else:
                outcome.refused("cannot write ", f"{folder}/", "No space left on device")
                # A training has a checkpoint meanwhile.
                assert f"{folder / name}:" in outcome.err or "checkpoint" in outcome.err
            assert set(left) <= set(names), "nothing but its own files, by their names"
            for each, content in left.items():
                assert len(content) == len(expected[each])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.arguments[:40])
def test_what_exists_is_kept(run: Callable[..., Any], case: Case, tmp_path: Path) -> None:
    folder = tmp_path / "whole"
    folder.mkdir()
    assert run(case, folder).code == 0
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    outcome = run(case, folder)
    if case.resumes:
        assert outcome.code == 0, outcome.err
        return
    outcome.refused(str(folder), "exists already", "--force")
    assert before == {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}
    outcome = run(case, folder, "--force")
    assert outcome.code == 0, outcome.err
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    assert before.keys() == after.keys()
    assert all(after[path] > before[path] for path in before if path.parent.name != "verilog")


class TestWhereJsonGoes:
    """--json is one of several options that take a file; all go the same way."""

    def test_link(self, cli: Cli) -> None:
        Path("results").mkdir()
        Path("link.json").symlink_to("results/real.json")
        assert cli("workloads", "--json", "link.json").code == 0
        assert Path("link.json").is_symlink()
        assert Path("results/real.json").read_text().startswith("{")
        cli("workloads", "--json", "link.json").refused("link.json exists already", "--force")
        Path("results/real.json").write_text("other")
        assert cli("workloads", "--json", "link.json", "--force").code == 0
        assert Path("link.json").is_symlink()
        assert Path("results/real.json").read_text().startswith("{")
        assert [path.name for path in Path("results").iterdir()] == ["real.json"]

    def test_links_that_lead_nowhere(self, cli: Cli) -> None:
        Path("loop").symlink_to("loop")
        cli("workloads", "--json", "loop").refused("cannot write loop", "symbolic links")
        Path("far").symlink_to("absent/file.json")
        cli("workloads", "--json", "far").refused("cannot write far", "No such file")
        assert Path("loop").is_symlink()

    def test_devices(self, cli: Cli) -> None:
        assert cli("workloads", "--json", "/dev/null").code == 0
        assert Path("/dev/null").is_char_device()
        cli("workloads", "--json", "/dev/full").refused("cannot write /dev/full", "No space left")

    def test_pipe_that_is_read(self, cli: Cli) -> None:
        os.mkfifo("pipe")
        texts = []
        reader = threading.Thread(target=lambda: texts.append(Path("pipe").read_text()))
        reader.start()
        while True:  # until the reader is there
            outcome = cli("config", "show", "tiny", "--json", "pipe")
            if outcome.code == 0:
                break
        assert "\n" in outcome.out
        _close_all("pipe")
        reader.join(10)
        assert texts[0].startswith("{")
        assert texts[0].endswith("}\n")
        assert Path("pipe").is_fifo()

    def test_pipe_that_nobody_reads(self, cli: Cli) -> None:
        os.mkfifo("pipe")
        cli("workloads", "--json", "pipe").refused("pipe", "nobody reads")

    def test_an_empty_file_is_written(self, cli: Cli) -> None:
        """As ``mktemp`` makes it."""
        Path("a.json").touch()
        assert cli("workloads", "--json", "a.json").code == 0
        assert Path("a.json").stat().st_size

    def test_a_socket(self, cli: Cli) -> None:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket")
            cli("workloads", "--json", "socket").refused("socket")


def _close_all(name: str) -> None:
    """What a command keeps open until its end, which here is not that of the process."""
    for descriptor in Path("/proc/self/fd").iterdir():
        if descriptor.exists() and descriptor.resolve() == Path(name).resolve():
            flags = os.O_WRONLY & int(_flags(descriptor), 8)
            if flags:
                os.close(int(descriptor.name))


def _flags(descriptor: Path) -> str:
    lines = Path(f"/proc/self/fdinfo/{descriptor.name}").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("flags"))


def test_forced_folders_keep_other_files(cli: Cli, inputs: Path) -> None:
    Path("out").mkdir()
    Path("out/mine.txt").write_text("mine")
    arguments = ("prune", inputs / "tiny", "--sparsity", 0.5, "-o", "out")
    cli(*arguments).refused("out exists already", "--force")
    assert cli(*arguments, "--force").code == 0
    assert Path("out/mine.txt").read_text() == "mine"
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "mine.txt",
        "weights.safetensors",
        "workload.json",
    ]
