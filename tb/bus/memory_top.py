"""Joins a design with AXI master ports to the memory of tb/bus/memory.v in one Verilog top."""

from collections.abc import Collection, Sequence
from importlib import resources
from typing import Any

from golden.machine.config import MachineConfig
from rtl.blocks.ram import Ram
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
COUNTS = ("reads", "writes", "activations", "refreshes")
"""Of what DRAM did, 32 bits each, the first the lowest; as :class:`sim.dram.counts.DramCounts` has
them"""


def memory_end(config: MachineConfig, words: int = MEMORY_WORDS) -> int:
    """Bus words of all addresses, with a memory of ``words`` behind the scratchpad."""
    return config.scratchpad_bytes // config.bus_bytes + words


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
    {"name": "memory_words_read", "direction": "output", "width": 64},
    {"name": "memory_words_written", "direction": "output", "width": 64},
    {"name": "memory_dram_counts", "direction": "output", "width": 32 * len(COUNTS)},
]
SCRATCHPAD_PORTS: list[dict[str, Any]] = [
    {"name": "scratchpad_load", "direction": "input", "width": 1},
    {"name": "scratchpad_dump", "direction": "input", "width": 1},
]
"""The same of a machine with a scratchpad"""
PREFIX = "m_axi_"
NEAR = "scratchpad_"
"""Begins names of an engine's ports to a scratchpad"""
UNUSED = ("cache", "prot")
"""Ends of the ports that the memory does not have."""
MASTER_OUTPUTS = (
    *("arid", "araddr", "arlen", "arsize", "arburst", "arvalid", "rready"),
    *("awid", "awaddr", "awlen", "awsize", "awburst", "awvalid"),
    *("wdata", "wstrb", "wlast", "wvalid", "bready"),
)
"""Inputs of the memory that a master drives."""
RAM_INPUTS = {
    "write": "write",
    "write_address": "write_word",
    "write_data": "data",
    "read": "read",
    "read_address": "read_word",
}
"""Inputs of the scratchpad's memory, by the ends of the names of an engine's ports"""


def with_memory(
    emission: Emission,
    config: MachineConfig,
    words: int = MEMORY_WORDS,
    queue: int = 32,
    beside: Sequence[str] = (),
) -> Emission:
    """The design with its ``m_axi_*`` ports on a memory of ``words`` bus words.

    It begins behind the addresses of a scratchpad, for which it must not be asked.

    Its other ports are those of the new top, beside :data:`CONTROL_PORTS` for :mod:`tb.bus.memory`,
    which also loads and dumps a scratchpad. That is the design's; of a bus engine on its own it is
    in the new top.
    A design that only reads or only writes leaves the other channel at rest. ``beside`` are lines
    of Verilog for the new top, in which the design is ``device``.
    """
    modules: Any = emission.manifest["modules"]
    ports = modules[0]["ports"]
    bus = [port for port in ports if port["name"].startswith(PREFIX)]
    near = [port for port in ports if port["name"].startswith(NEAR)]
    outer = [port for port in ports if port not in (*bus, *near)] + CONTROL_PORTS
    scratchpad: list[str] = []
    if config.scratchpad_bytes and (near or any(m["name"] == Ram.module_name for m in modules)):
        outer = outer + SCRATCHPAD_PORTS
        scratchpad = _scratchpad(config, near)
    top = f"{emission.top}_with_memory"
    lines = [f"module {top}({', '.join(port['name'] for port in outer)});"]
    lines += [f"  {port['direction']} {_range(port)}{port['name']};" for port in outer]
    lines += [f"  wire {_range(port)}{port['name']};" for port in (*bus, *near)]
    lines += [f"  {emission.top} device (", _connections(port["name"] for port in ports), "  );"]
    parameters = {
        "BYTES": config.bus_bytes,
        "WORDS": memory_end(config, words),
        "FIRST": config.scratchpad_bytes // config.bus_bytes,
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
    lines += [*scratchpad, *beside, "endmodule"]
    folder = resources.files("tb.bus")
    memory = [folder.joinpath(name).read_text() for name in ("dram.v", "memory.v")]
    own = [Ram.verilog] if near else []
    verilog = "\n".join([emission.verilog, *memory, *own, *lines, ""])
    description = {
        "name": top,
        "latency": None,
        "instances_of": [emission.top],
        "ports": outer,
        "joined": True,
    }
    manifest = {**emission.manifest, "top": top, "modules": [description, *modules]}
    return Emission(top, verilog, manifest)


def _scratchpad(config: MachineConfig, near: Sequence[dict[str, Any]]) -> list[str]:
    """What loads and dumps the scratchpad, and itself if a design has ``near`` ports to it."""
    lines = []
    if near:
        ram = Ram(config.bus_bits, config.scratchpad_bytes // config.bus_bytes)
        names = {port["name"] for port in near}
        values = {inner: _or_zero(NEAR + outer, names) for inner, outer in RAM_INPUTS.items()}
        outputs = {"o": f"{NEAR}o"} if f"{NEAR}o" in names else {}
        joined = {"clk": "clk", "rst": "rst"} | values | outputs
        connections = ", ".join(f".{inner}({value})" for inner, value in joined.items())
        parameters = ", ".join(f".{name}({value})" for name, value in ram.parameters.items())
        lines = [f"  {ram.module_name} #({parameters}) scratchpad ({connections});"]
        ram._MustUse__silence = True  # its Verilog needs no elaboration
    path = "scratchpad" if near else "device.scratchpad"
    return [
        *lines,
        "  reg [8*1024-1:0] scratchpad_image, scratchpad_file;",
        "  initial begin",
        '    if (!$value$plusargs("scratchpad_image=%s", scratchpad_image))',
        '      scratchpad_image = "scratchpad_image.hex";',
        '    if (!$value$plusargs("scratchpad_dump=%s", scratchpad_file))',
        '      scratchpad_file = "scratchpad_dump.hex";',
        "  end",
        "  always @(posedge clk) begin",
        f"    if (scratchpad_load) $readmemh(scratchpad_image, {path}.words);",
        f"    if (scratchpad_dump) $writememh(scratchpad_file, {path}.words);",
        "  end",
    ]


def _or_zero(name: str, names: Collection[str]) -> str:
    return name if name in names else "0"


def _range(port: dict[str, Any]) -> str:
    return f"[{port['width'] - 1}:0] " if port["width"] > 1 else ""


def _connections(names: Any) -> str:
    return ",\n".join(f"    .{name}({name})" for name in names)
