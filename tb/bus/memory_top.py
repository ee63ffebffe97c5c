"""Joins a design with AXI master ports to the memory of tb/bus/memory.v in one Verilog top."""

from collections.abc import Sequence
from importlib import resources
from typing import Any

from golden.machine.config import MachineConfig
from rtl.emission.emit import Emission

MEMORY_WORDS = 1 << 16
"""Bus words of the memory in the benches."""

SETTINGS = (
    *("on", "clock_ps", "tck_ps", "access_shift", "row_shift", "channel_shift", "channels"),
    *("group_shift", "groups", "bank_shift", "banks", "window", "write_batch", "burst", "cl"),
    *("cwl", "rcd", "rp", "ras", "rfc", "refi", "ccd_s", "ccd_l", "rrd_s", "rrd_l", "faw", "wr"),
    *("rtp", "wtr_s", "wtr_l"),
)
"""Of the DRAM, 32 bits each, the first the lowest; all 0: the memory of fixed latency and rate"""
CONTROL_PORTS: list[dict[str, Any]] = [
    {"name": "memory_load", "direction": "input", "width": 1},
    {"name": "memory_dump", "direction": "input", "width": 1},
    {"name": "memory_dump_first", "direction": "input", "width": 32},
    {"name": "memory_dump_last", "direction": "input", "width": 32},
    {"name": "memory_latency", "direction": "input", "width": 32},
    {"name": "memory_interval", "direction": "input", "width": 32},
    {"name": "memory_dram", "direction": "input", "width": 32 * len(SETTINGS)},
    {"name": "memory_fault", "direction": "input", "width": 1},
    {"name": "memory_fault_address", "direction": "input", "width": 32},
    {"name": "memory_violation", "direction": "output", "width": 8},
]
PREFIX = "m_axi_"
UNUSED = ("cache", "prot")
"""Ends of the ports that the memory does not have."""
MASTER_OUTPUTS = (
    *("arid", "araddr", "arlen", "arsize", "arburst", "arvalid", "rready"),
    *("awid", "awaddr", "awlen", "awsize", "awburst", "awvalid"),
    *("wdata", "wstrb", "wlast", "wvalid", "bready"),
)
"""Inputs of the memory that a master drives."""


def with_memory(
    emission: Emission,
    config: MachineConfig,
    words: int = MEMORY_WORDS,
    queue: int = 32,
    beside: Sequence[str] = (),
) -> Emission:
    """The design with its ``m_axi_*`` ports on a memory of ``words`` bus words.

    Its other ports are those of the new top, beside :data:`CONTROL_PORTS` for :mod:`tb.bus.memory`.
    A design that only reads or only writes leaves the other channel at rest. ``beside`` are lines
    of Verilog for the new top, in which the design is ``device``.
    """
    modules: Any = emission.manifest["modules"]
    ports = modules[0]["ports"]
    bus = [port for port in ports if port["name"].startswith(PREFIX)]
    outer = [port for port in ports if port not in bus] + CONTROL_PORTS
    top = f"{emission.top}_with_memory"
    lines = [f"module {top}({', '.join(port['name'] for port in outer)});"]
    lines += [f"  {port['direction']} {_range(port)}{port['name']};" for port in outer]
    lines += [f"  wire {_range(port)}{port['name']};" for port in bus]
    lines += [f"  {emission.top} device (", _connections(port["name"] for port in ports), "  );"]
    parameters = {
        "BYTES": config.bus_bytes,
        "WORDS": words,
        "QUEUE": queue,
        "SETTINGS": len(SETTINGS),
    }
    arguments = ", ".join(f".{name}({value})" for name, value in parameters.items())
    pairs = [(port["name"].removeprefix("memory_"), port["name"]) for port in CONTROL_PORTS]
    pairs += [("clk", "clk"), ("rst", "rst")]
    pairs += [
        (name.removeprefix(PREFIX), name)
        for name in (port["name"] for port in bus)
        if not name.endswith(UNUSED)
    ]
    joined = {inner for inner, _ in pairs}
    pairs += [(name, "0") for name in MASTER_OUTPUTS if name not in joined]
    connections = ",\n".join(f"    .{inner}({value})" for inner, value in pairs)
    lines += [f"  ditto_memory #({arguments}) memory (", connections, "  );"]
    lines += [*beside, "endmodule"]
    folder = resources.files("tb.bus")
    memory = [folder.joinpath(name).read_text() for name in ("dram.v", "memory.v")]
    verilog = "\n".join([emission.verilog, *memory, *lines, ""])
    description = {
        "name": top,
        "latency": None,
        "instances_of": [emission.top],
        "ports": outer,
        "joined": True,
    }
    manifest = {**emission.manifest, "top": top, "modules": [description, *modules]}
    return Emission(top, verilog, manifest)


def _range(port: dict[str, Any]) -> str:
    return f"[{port['width'] - 1}:0] " if port["width"] > 1 else ""


def _connections(names: Any) -> str:
    return ",\n".join(f"    .{name}({name})" for name in names)
