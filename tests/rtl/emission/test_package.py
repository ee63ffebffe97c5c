from pathlib import Path

from golden.files import write_changed
from golden.machine.config import load_config
from rtl.emission.package import package_texts
from rtl.registers.register_header import HEADER_FILE, c_header
from tests.helpers.emissions import emission

BESIDE = {"ditto_accelerator.json", "ditto_accelerator.f", "ditto_accelerator.core"}


def test_package_names_what_is_there(tmp_path: Path) -> None:
    design = emission("accelerator", load_config("tiny"))
    write_changed(tmp_path, design.texts() | package_texts(design))
    assert (tmp_path / HEADER_FILE).read_text() == c_header()
    assert (tmp_path / "ditto_accelerator.f").read_text().split() == ["ditto_accelerator.v"]
    text = (tmp_path / "ditto_accelerator.core").read_text()
    assert text.startswith("CAPI=2:\nname: ::ditto_accelerator:")
    assert load_config("tiny").digest() in text
    listed = [line.strip("- ") for line in text.splitlines() if line.startswith("      - ")]
    assert set(listed) == {path.name for path in tmp_path.iterdir()} - BESIDE
