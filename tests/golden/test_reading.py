"""Files of others: damaged, hostile, or no files at all."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from golden.array_reading import read_array, read_arrays
from golden.errors import DittosimError
from golden.reading import read_json, read_text, read_toml
from tests.helpers.command_line import REPOSITORY, Cli, workload_copy

EMPTY = np.zeros((0, 2))
READERS = [read_array, read_arrays, read_json, read_text, read_toml]


def error(reader: Callable[[Path], object], path: Path) -> str:
    with pytest.raises(DittosimError) as caught:
        reader(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_only_regular_files(tmp_path: Path, reader: Callable[[Path], object]) -> None:
    assert "No such file" in error(reader, tmp_path / "none")
    assert "folder" in error(reader, tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "it is a pipe, not a file" in error(reader, tmp_path / "pipe")
    assert "it is no regular file" in error(reader, Path("/dev/zero"))
    (tmp_path / "loop").symlink_to("loop")
    error(reader, tmp_path / "loop")


@pytest.mark.parametrize("reader", [read_json, read_text, read_toml])
def test_files_that_are_no_text(tmp_path: Path, reader: Callable[[Path], object]) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"\xff\xfe")
    assert "UTF-8" in error(reader, path)
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse: it takes no room
    assert "1,099,511,627,776 bytes" in error(reader, path)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "1" * 5000, "[]", "null", '{"a": 1}}'])
def test_broken_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "f.json"
    path.write_text(text)
    error(read_json, path)


def test_arrays_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    for array in (
        np.arange(12, dtype=np.int8).reshape(3, 4),
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.zeros((0, 5)),
        np.array(3.0),
        np.array([1, 2], ">i4"),
    ):
        np.save(path, array)
        found = read_array(path)
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)


def header(text: str, version: bytes = b"\x01\x00") -> bytes:
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no array",
        b"PK\x03\x04" + bytes(50),
        b"\x80\x04\x95",
        b"\x93NUMPY",
        b"\x93NUMPY\x09\x09",
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n") + bytes(11),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n") + bytes(13),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }\n"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (10**12,), }\n"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }\n"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }\n"),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n") + bytes(8),
        header("{'descr': 'zz', 'fortran_order': False, 'shape': (1,), }\n") + bytes(8),
        header("{'descr': '<f4', 'shape': (1,), }\n") + bytes(4),
        header("(" * 5000),
        header("{" * 60_000),
        header("\x00\x01\xff"),
        header("import os"),
        header("'" + "a" * 20_000),
    ],
    ids=range(20),
)
def test_damaged_arrays(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    assert error(read_array, path).startswith(f"cannot read {path}: ")


def test_any_cut_or_flip_of_an_array(tmp_path: Path) -> None:
    """One clear error, or an array of the size the header asks for."""
    path = tmp_path / "a.npy"
    np.save(path, np.arange(20, dtype=np.float32).reshape(4, 5))
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    for number in range(400):
        damaged = bytearray(good)
        damaged[rng.integers(80)] = rng.integers(256)
        path.write_bytes(damaged if number % 4 else damaged[: rng.integers(len(good))])
        try:
            read_array(path)
        except DittosimError as caught:
            assert "\n" not in " ".join(str(caught).split())


def test_archives_of_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    arrays = {"a.b": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "n": np.array(3), "": EMPTY}
    for save in (np.savez, np.savez_compressed):
        save(path, **arrays)
        found = read_arrays(path)
        assert set(found) == set(arrays)
        for name, array in arrays.items():
            assert found[name].dtype == array.dtype
            np.testing.assert_array_equal(found[name], array)
            assert found[name].flags.writeable


def test_any_cut_or_flip_of_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    arrays = {"x": np.arange(20, dtype=np.float32).reshape(4, 5), "y": np.ones(3)}
    np.savez(path, **arrays)
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    for number in range(400):
        damaged = bytearray(good)
        damaged[rng.integers(len(good))] = rng.integers(256)
        path.write_bytes(damaged if number % 4 else damaged[: rng.integers(len(good))])
        try:
            read_arrays(path)
        except DittosimError as caught:
            assert "\n" not in " ".join(str(caught).split())


def test_archives_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.array([{}], dtype=object))
    assert "array 'x': it holds Python objects" in error(read_arrays, path)
    with path.open("wb") as file:
        np.save(file, EMPTY)
    assert "it is one array (.npy)" in error(read_arrays, path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"no array")
    assert "array 'x': it does not begin like a .npy file" in error(read_arrays, path)
    huge = header("{'descr': '<f4', 'fortran_order': False, 'shape': (10000000000000,), }\n")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", huge)
    assert "its header asks for" in error(read_arrays, path)


COMMANDS = [
    ("config", "show", "PIPE.toml"),
    ("generate", "-c", "PIPE.toml", "-o", "o"),
    ("simulate", "digits-unet", "-c", "PIPE.toml"),
    ("sweep", "PIPE.toml", "-o", "o"),
    ("train", "PIPE.toml", "-o", "o"),
    ("compare", "PIPE.toml", "-o", "o"),
    ("import", "model", "-o", "o", "--schedule", "PIPE.toml"),
    ("capture", "model", "-o", "o", "--schedule", "PIPE.toml"),
    ("simulate", "piped"),
    ("simulate", "weightless"),
]


def test_no_command_waits_for_a_pipe(tmp_path: Path) -> None:
    """In one process, with an alarm: a hang is killed."""
    os.mkfifo(tmp_path / "PIPE.toml")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "piped").mkdir()
    os.mkfifo(tmp_path / "piped" / "workload.json")
    weights = workload_copy(tmp_path / "weightless") / "weights.safetensors"
    weights.unlink()
    os.mkfifo(weights)
    code = f"""
import contextlib, io, signal, sys
from dittosim.main import main
signal.alarm(120)
for arguments in {COMMANDS!r}:
    sys.argv = ["dittosim", *arguments]
    with contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            main()
        except SystemExit as ended:
            assert ended.code == 2, arguments
    message = err.getvalue()
    assert "pipe" in message or "no workload" in message, (arguments, message)
    assert len(message.splitlines()) == 1
"""
    outcome = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")


@pytest.mark.parametrize("command", ["stats", "sample", "quality", "prune", "compile", "corners"])
def test_what_is_given_in_place_of_a_workload(cli: Cli, command: str) -> None:
    Path("trace").mkdir()
    Path("trace/trace.json").write_text("{}")
    Path("model/unet").mkdir(parents=True)
    Path("model/unet/config.json").write_text("{}")
    Path("m.safetensors").write_text("")
    Path("m.toml").write_text("")
    given = {
        "trace": ("trace is a trace, no workload", "dittosim simulate"),
        "model": ("model is a diffusers model, no workload", "dittosim import"),
        "m.safetensors": ("m.safetensors is a file of weights",),
        "m.toml": ("m.toml is a TOML file", "--config"),
    }
    output = {
        "prune": ["--sparsity", "0.5", "-o", "o"],
        "sample": ["-o", "o"],
        "compile": ["-o", "o"],
    }
    for name, words in given.items():
        more = [name] if command == "corners" else []
        cli(command, name, *more, *output.get(command, [])).refused(*words)
    assert not Path("o").exists()


def test_a_model_in_place_of_a_workload_to_simulate(cli: Cli) -> None:
    Path("model").mkdir()
    Path("model/model_index.json").write_text("{}")
    cli("simulate", "model").refused("model is a diffusers model", "dittosim capture")
    Path("s.toml").write_text('workload = "model"\n[grid]\nlanes = [2]\n')
    cli("sweep", "s.toml", "-o", "o").refused("model is a diffusers model")
