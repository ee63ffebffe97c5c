"""What goes with the accelerator's Verilog: header, file list, FuseSoC core file."""

from importlib.metadata import version

from rtl.emission.emit import Emission
from rtl.registers.register_header import HEADER_FILE, c_header

CORE = """CAPI=2:
name: ::{top}:{version}
description: Difference-processing accelerator, configuration {hash}

filesets:
  rtl:
    files:
      - {top}.v
    file_type: verilogSource-2005
  software:
    files:
      - {header}
    file_type: user

targets:
  default: &default
    filesets: [rtl, software]
    toplevel: {top}
  lint:
    <<: *default
    default_tool: verilator
    tools:
      verilator:
        mode: lint-only
        verilator_options: [-Wall]
"""


def package_texts(emission: Emission) -> dict[str, str]:
    """What ``ditto_registers.h``, ``<top>.f`` and ``<top>.core`` are to hold, by the file's name.

    They name those of :meth:`rtl.emission.emit.Emission.texts`.
    """
    top = emission.top
    core = CORE.format(
        top=top,
        version=version("dittosim"),
        hash=emission.manifest["configuration_hash"],
        header=HEADER_FILE,
    )
    return {HEADER_FILE: c_header(), f"{top}.f": f"{top}.v\n", f"{top}.core": core}
