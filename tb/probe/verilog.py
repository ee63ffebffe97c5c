"""The probe: Verilog beside the accelerator that writes what happens in it, an event a line.

A line is the cycle, the event's name and its fields, all decimal. It looks into the design by
hierarchical names, so that the design itself is the one that is emitted.
"""

from dataclasses import dataclass

from amaranth.lib import data

from rtl.bus.axi import transfer_layout
from rtl.scheduler.layouts import tag_layout

FILE = "probe"
"""Plusarg that names the file; without it nothing is written"""
CORE = "device.core"


@dataclass(frozen=True)
class Event:
    """Something that happens in a cycle."""

    name: str
    condition: str
    fields: tuple[str, ...] = ()


def _field(signal: str, layout: data.StructLayout, name: str) -> str:
    field = layout[name]
    return f"{signal}[{field.offset + field.width - 1}:{field.offset}]"


def _command(side: str) -> tuple[str, str]:
    payload = f"{CORE}.{side}_commands__payload"
    return _field(payload, transfer_layout(), "address"), _field(
        payload, transfer_layout(), "words"
    )


def _happens(stream: str) -> str:
    return f"{stream}valid && {stream}ready"


_TAG = f"{CORE}.receiver.tags__payload"
EVENTS = (
    Event("go", f"{CORE}.go"),
    Event("start", f"{CORE}.queue.start"),
    Event("start_vector", f"{CORE}.queue.start_vector"),
    Event("choose", f"{CORE}.queue.chooses"),
    Event("leave", f"{CORE}.queue.leaves"),
    Event("start_fused", f"{CORE}.queue.start_output"),
    Event("end_product", f"{CORE}.store.ended"),
    Event("end_vector", f"{CORE}.vector.ended"),
    Event("end_fused", f"{CORE}.output_stage.ended"),
    Event("retire", f"{CORE}.queue.under_way.retires"),
    Event("sequence", f"{CORE}.sequencer.start"),
    Event("store", f"{CORE}.store.start"),
    Event("pass", f"{CORE}.sequencer.running && !running_before"),
    Event("pass_end", f"{CORE}.sequencer.running && !{CORE}.sequencer.busy"),
    Event("configured", f"configures_before && !{CORE}.output_stage.configures"),
    Event(
        "read",
        _happens(f"{CORE}.read_commands__"),
        (
            _field(_TAG, tag_layout(), "load"),
            _field(_TAG, tag_layout(), "number"),
            *_command("read"),
        ),
    ),
    Event(
        "write",
        _happens(f"{CORE}.write_commands__"),
        (f"{CORE}.vector.writes", f"{CORE}.output_stage.writes", *_command("write")),
    ),
    Event("ar", _happens("m_axi_ar"), ("m_axi_araddr", "m_axi_arlen")),
    Event("r_first", f"{_happens('m_axi_r')} && !reads"),
    Event("r_last", f"{_happens('m_axi_r')} && m_axi_rlast"),
    Event("aw", _happens("m_axi_aw"), ("m_axi_awaddr", "m_axi_awlen")),
    Event("w_first", f"{_happens('m_axi_w')} && !writes"),
    Event("w_last", f"{_happens('m_axi_w')} && m_axi_wlast"),
    Event("b", _happens("m_axi_b")),
)


def probe_lines() -> list[str]:
    """For the body of the top in which the accelerator is ``device``, its ports as they are."""
    lines = [
        "  reg [8*1024-1:0] probe_name;",
        "  integer probe_file;",
        "  reg [63:0] probe_now;",
        "  reg running_before, configures_before, reads, writes;",
        "  initial begin",
        "    probe_file = 0;",
        f'    if ($value$plusargs("{FILE}=%s", probe_name)) probe_file = $fopen(probe_name, "w");',
        "  end",
        "  always @(posedge clk) begin",
        "    probe_now <= rst ? 0 : probe_now + 1;",
        f"    running_before <= !rst && {CORE}.sequencer.running;",
        f"    configures_before <= !rst && {CORE}.output_stage.configures;",
        f"    reads <= !rst && ({_happens('m_axi_r')} ? !m_axi_rlast : reads);",
        f"    writes <= !rst && ({_happens('m_axi_w')} ? !m_axi_wlast : writes);",
        "    if (probe_file != 0 && !rst) begin",
    ]
    for event in EVENTS:
        pattern = " ".join(["%0d", event.name, *["%0d"] * len(event.fields)])
        arguments = ", ".join(["probe_file", f'"{pattern}\\n"', "probe_now", *event.fields])
        lines.append(f"      if ({event.condition}) $fwrite({arguments});")
    return [*lines, "    end", "  end"]
