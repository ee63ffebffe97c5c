import re
import subprocess

import pytest

from rtl.registers.register_header import HEADER_FILE, c_header
from rtl.registers.register_map import error_codes, registers
from tests.helpers.command_line import REPOSITORY


def test_every_field_and_error_code_is_in_it():
    text = c_header()
    for register in registers().values():
        for field in register.fields:
            name = f"{register.name}__{field.name.upper()}"
            assert f"#define DITTO_REGISTERS__{name}_bp {field.low}\n" in text
            assert f"#define DITTO_REGISTERS__{name}_bw {field.width}\n" in text
    for code, (name, _) in error_codes().items():
        assert f"#define DITTO_ERROR_CODE__{name.upper()} {code} //" in text


def test_same_from_run_to_run_and_without_paths():
    assert c_header() == c_header()
    assert not re.search(r"(?<!/)/(tmp|home|root|work)/", c_header())


@pytest.mark.parametrize("standard", ["c99", "c11", "c17", "c++11", "c++17"])
def test_compiles_and_places_every_register(tmp_path, standard):
    (tmp_path / HEADER_FILE).write_text(c_header())
    # An array of negative size is an error in every standard.
    checks = "\n".join(
        f"typedef char check_{register.name}"
        f"[offsetof(ditto_registers_t, {register.name}) == {register.address} ? 1 : -1];"
        for register in registers().values()
    )
    compiler, suffix = ("g++", "cpp") if "++" in standard else ("gcc", "c")
    source = tmp_path / f"offsets.{suffix}"
    source.write_text(f'#include <stddef.h>\n#include "ditto_registers.h"\n{checks}\n')
    options = [f"-std={standard}", "-pedantic", "-Wall", "-Wextra", "-Werror", "-c"]
    subprocess.run([compiler, *options, source.name], cwd=tmp_path, check=True)

    header = tmp_path / HEADER_FILE
    header.write_text(re.sub(r"== 0x\w+\) \?", "== 1) ?", header.read_text()))
    wrong = subprocess.run(
        [compiler, *options, source.name], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "ditto_registers_size_check" in wrong.stderr


def test_example_of_the_docs_compiles(tmp_path):
    docs = (REPOSITORY / "docs" / "axi.md").read_text()
    (example,) = re.findall(r"```c\n(.*?)```", docs, re.DOTALL)
    (tmp_path / HEADER_FILE).write_text(c_header())
    (tmp_path / "example.c").write_text(
        '#include "ditto_registers.h"\n'
        "void report(uint32_t code, uint32_t address);\n"
        "void run(void *mapped, uint32_t base, uint32_t count) {\n" + example + "}\n"
    )
    arguments = ["gcc", "-Wall", "-Werror", "-c", "example.c"]
    subprocess.run(arguments, cwd=tmp_path, check=True)
