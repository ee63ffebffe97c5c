"""The C header of the registers."""

import re
import tempfile
from pathlib import Path

from peakrdl_cheader.exporter import CHeaderExporter

from rtl.registers.register_map import address_map, registers

HEADER_FILE = "ditto_registers.h"
_SIZE_CHECK = """\
// Does not compile if registers are packed in another way. C99 has no static_assert.
typedef char ditto_registers_size_check[({}) ? 1 : -1];
"""


def c_header() -> str:
    """A struct of all registers, masks and positions of their fields, names of their values.

    Compiles as C99 or later and as C++.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / HEADER_FILE
        CHeaderExporter().export(address_map(), str(path), reuse_typedefs=False)
        text = path.read_text()
    values = "".join(_values())
    head, size, tail = re.split(r"static_assert\((.*), .*\);\n", text)
    return f"{head}// Values\n{values}\n{_SIZE_CHECK.format(size)}{tail}"


def _values() -> list[str]:
    return [
        f"#define DITTO_{register.name}__{name.upper()} {value:d} // {description}\n"
        for register in registers().values()
        for field in register.fields
        for value, (name, description) in field.choices.items()
    ]
