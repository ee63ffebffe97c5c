from pathlib import Path

from golden.machine.config import load_config
from rtl.emission.emit import emit
from rtl.emission.package import write_package
from rtl.registers.register_header import c_header


def test_package_names_what_is_there(tmp_path: Path) -> None:
    emission = emit("accelerator", load_config("tiny"))
    emission.write(tmp_path)
    header, files, core = write_package(tmp_path, emission)
    assert header.read_text() == c_header()
    assert [tmp_path / name for name in files.read_text().split()] == [
        tmp_path / "ditto_accelerator.v"
    ]
    text = core.read_text()
    assert text.startswith("CAPI=2:\nname: ::ditto_accelerator:")
    assert load_config("tiny").digest() in text
    listed = [line.strip("- ") for line in text.splitlines() if line.startswith("      - ")]
    assert listed == ["ditto_accelerator.v", "ditto_registers.h"]
    assert all((tmp_path / name).exists() for name in listed)
