"""What goes with the accelerator's Verilog: C driver, file list, FuseSoC core file."""

from importlib.metadata import version

from golden.machine.config import MachineConfig
from rtl.emission.emit import Emission
from rtl.registers.register_header import c_texts

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
{software}
    file_type: user

targets:
  default: &default
    filesets: [rtl, software]
    toplevel: {top}
  lint:
    <<: *default
    flow: lint
    flow_options:
      tool: verilator
      verilator_options: [-Wall]
"""


def package_texts(emission: Emission) -> dict[str, str]:
    """What the files beside the Verilog are to hold, by their names.

    Those of :func:`rtl.registers.register_header.c_texts`, a file list ``<top>.f`` and FuseSoC's
    ``<top>.core``, which name them and those of :meth:`rtl.emission.emit.Emission.texts`.
    """
    top = emission.top
    software = c_texts(MachineConfig.model_validate(emission.manifest["parameters"]))
    core = CORE.format(
        top=top,
        version=version("dittosim"),
        hash=emission.manifest["configuration_hash"],
        software="\n".join(f"      - {name}" for name in software),
    )
    return {**software, f"{top}.f": f"{top}.v\n", f"{top}.core": core}
