"""Compiled loops are those of the sources as they are."""

import os
import subprocess
import sys
from pathlib import Path

from golden.compiled_loops import KEPT, compiled_folder, sources_digest

KERNEL = """from golden.jit import njit
from sim.constant import CONSTANT


@njit(cache=True)
def kernel():
    return CONSTANT
"""
JIT = Path(__file__).parents[2] / "golden"


def test_a_changed_constant_of_another_file_is_seen(tmp_path: Path) -> None:
    """A loop that took it is compiled anew, though its own file is as it was."""
    (tmp_path / "golden").mkdir()
    (tmp_path / "sim").mkdir()
    for name in ("jit.py", "compiled_loops.py", "cache.py", "errors.py"):
        (tmp_path / "golden" / name).write_text((JIT / name).read_text())
    for package in ("golden", "sim"):
        (tmp_path / package / "__init__.py").write_text("")
    (tmp_path / "sim" / "kernel.py").write_text(KERNEL)
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    environment |= {"PYTHONPATH": str(tmp_path), "DITTOSIM_CACHE": str(tmp_path / "cache")}
    # Bytecode is told apart by seconds.
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
    for value in (1, 2, 1):
        (tmp_path / "sim" / "constant.py").write_text(f"CONSTANT = {value}\n")
        found = subprocess.run(
            [sys.executable, "-c", "from sim.kernel import kernel; print(kernel())"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        assert found.stdout == f"{value}\n"


def test_the_longest_unused_states_go(tmp_path: Path) -> None:
    for number in range(KEPT + 2):
        folder = compiled_folder(tmp_path, f"state{number}")
        os.utime(folder, (number, number))
    assert {path.name for path in tmp_path.iterdir()} == {
        f"state{number}" for number in range(2, KEPT + 2)
    }


def test_states_in_use_stay(tmp_path: Path) -> None:
    for number in range(2 * KEPT):
        compiled_folder(tmp_path, f"state{number}")
    assert len(list(tmp_path.iterdir())) == 2 * KEPT


def test_every_file_counts(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("ONE = 1\n")
    before = sources_digest([tmp_path])
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "two.py").write_text("TWO = 2\n")
    assert sources_digest([tmp_path]) != before
