"""The house: where packages are found, and what each wing says of itself."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.helpers.command_line import REPOSITORY

PACKAGES = ("dittosim", "golden", "rtl", "sim", "tb")
FACES = sorted(
    path.relative_to(REPOSITORY)
    for package in PACKAGES
    for path in (REPOSITORY / package).rglob("__init__.py")
    if "shipped" not in path.parts or path.parent.name == "shipped"
)


def test_folders_of_the_same_name_hide_no_package(tmp_path: Path) -> None:
    """Python started beside a clone that is named as a package is, or in a folder of results."""
    for package in PACKAGES:
        (tmp_path / package).mkdir()
    script = "import golden.errors, dittosim.main, rtl, sim, tb; print(golden.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()) == REPOSITORY / "golden" / "__init__.py"


def test_every_folder_with_code_is_a_package() -> None:
    folders = {
        path.parent.relative_to(REPOSITORY)
        for package in PACKAGES
        for path in (REPOSITORY / package).rglob("*.py")
    }
    assert [
        folder for folder in folders if not (REPOSITORY / folder / "__init__.py").exists()
    ] == []


@pytest.mark.parametrize("face", FACES, ids=str)
def test_a_wing_says_in_three_lines_what_lives_there(face: Path) -> None:
    text = import_module(".".join(face.parent.parts)).__doc__
    assert text is not None
    assert 2 <= len(text.strip().splitlines()) <= 4


def test_tests_stand_where_their_code_does() -> None:
    """A folder of tests is a wing of the code, or holds what all tests use."""
    for path in (REPOSITORY / "tests").rglob("test_*.py"):
        folder = path.parent.relative_to(REPOSITORY / "tests")
        assert (REPOSITORY / folder).is_dir(), folder
