"""Masters of the tests' own as Verilog."""

from amaranth.hdl import Shape
from amaranth.lib.wiring import In

from rtl.blocks.module import RtlModule
from rtl.emission.backend import convert
from rtl.emission.emit import Emission


def master_emission(master: RtlModule) -> Emission:
    """What :func:`tb.bus.memory_top.with_memory` joins to a memory."""
    name = master.module_name
    text = convert(master, name)
    ports = [{"name": port, "direction": "input", "width": 1} for port in ("clk", "rst")]
    for port, member in master.signature.members.items():
        direction = "input" if member.flow is In else "output"
        width = Shape.cast(member.shape).width
        ports.append({"name": port, "direction": direction, "width": width})
    return Emission(name, text, {"modules": [{"name": name, "ports": ports}]})
