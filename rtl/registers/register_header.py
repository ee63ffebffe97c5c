"""C that software needs: headers of the registers and of the machine, the driver."""

import json
import re
import tempfile
from importlib import resources
from pathlib import Path

from peakrdl_cheader.exporter import CHeaderExporter

from golden.machine.config import MachineConfig
from rtl.registers.register_map import address_map, counters, error_codes, registers

HEADER_FILE = "ditto_registers.h"
MACHINE_FILE = "ditto_machine.h"
DRIVER_FILES = ("ditto_driver.h", "ditto_driver.c")
_SIZE_CHECK = """\
// Does not compile if registers are packed in another way. C99 has no static_assert.
typedef char ditto_registers_size_check[({}) ? 1 : -1];
"""


_MACHINE = """\
// The machine that the Verilog beside this file was generated for: configuration {digest}.

#ifndef DITTO_MACHINE_H
#define DITTO_MACHINE_H

#define DITTO_CONFIG_HASH {hash:#010x}u
#define DITTO_BUS_BYTES {bus_bytes}u
// Initializes a ditto_machine_t (ditto_driver.h).
#define DITTO_MACHINE {{DITTO_CONFIG_HASH, DITTO_BUS_BYTES}}

#endif
"""


def c_texts(config: MachineConfig) -> dict[str, str]:
    """All that C needs to drive a machine of ``config``, by the name of the file."""
    folder = resources.files("rtl.registers")
    driver = {name: folder.joinpath(name).read_text() for name in DRIVER_FILES}
    return {HEADER_FILE: c_header(), MACHINE_FILE: machine_header(config), **driver}


def machine_header(config: MachineConfig) -> str:
    """What the driver must know of the machine."""
    digest = config.digest()
    return _MACHINE.format(digest=digest, hash=int(digest[:8], 16), bus_bytes=config.bus_bytes)


def c_header() -> str:
    """A struct of all registers, masks and positions of their fields, names of their values.

    And lists for the preprocessor: of registers that count, of error codes. Compiles as C99 or
    later and as C++.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / HEADER_FILE
        CHeaderExporter().export(address_map(), str(path), reuse_typedefs=False)
        text = path.read_text()
    values = "".join([*_values(), *_lists()])
    head, size, tail = re.split(r"static_assert\((.*), .*\);\n", text)
    return f"{head}// Values\n{values}\n{_SIZE_CHECK.format(size)}{tail}"


def _values() -> list[str]:
    return [
        f"#define DITTO_{register.name}__{name.upper()} {value:d} // {description}\n"
        for register in registers().values()
        for field in register.fields
        for value, (name, description) in field.choices.items()
    ]


def _lists() -> list[str]:
    counting = [f"X({name}, {register.words})" for name, register in counters().items()]
    codes = [
        f"X({code}, {json.dumps(name)}, {json.dumps(meaning.rstrip('.'))})"
        for code, (name, meaning) in error_codes().items()
    ]
    return [
        "\n// X(name, words) of every register that counts\n",
        _continued("#define DITTO_COUNTERS(X)", *counting),
        "\n// X(code, name, meaning) of every error code\n",
        _continued("#define DITTO_ERROR_CODES(X)", *codes),
    ]


def _continued(*lines: str) -> str:
    return " \\\n    ".join(lines) + "\n"
