import re
import subprocess

import pytest

from golden.machine.config import load_config
from rtl.registers.register_header import HEADER_FILE, c_header, machine_header
from rtl.registers.register_map import counters, error_codes, registers


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


def test_lists_for_the_preprocessor(tmp_path):
    """The driver's tests hold what is in them against its counters and error codes."""
    (tmp_path / HEADER_FILE).write_text(c_header())
    (tmp_path / "lists.c").write_text(
        '#include "ditto_registers.h"\n'
        "#define COUNTER(name, words) name##_of_##words,\n"
        "enum counter { DITTO_COUNTERS(COUNTER) };\n"
        "#define CODE(code, name, meaning) code_##code = code + 0 * sizeof name meaning,\n"
        "enum code { DITTO_ERROR_CODES(CODE) };\n"
    )
    listing = ["gcc", "-E", "-P", "lists.c"]
    done = subprocess.run(listing, cwd=tmp_path, check=True, capture_output=True, text=True)
    expected = [f"{name}_of_{one.words}" for name, one in counters().items()]
    assert re.findall(r"\w+_of_\d", done.stdout) == expected
    assert re.findall(r"code_(\d+)", done.stdout) == [str(code) for code in error_codes()]
    subprocess.run(["gcc", "-Wall", "-Werror", "-c", "lists.c"], cwd=tmp_path, check=True)


def test_header_of_a_machine():
    config = load_config("small")
    text = machine_header(config)
    assert f"configuration {config.digest()}." in text
    assert f"#define DITTO_CONFIG_HASH 0x{config.digest()[:8]}u\n" in text
    assert f"#define DITTO_BUS_BYTES {config.bus_bytes}u\n" in text
