"""The probe: Verilog beside the accelerator that writes what happens in it, an event a line.

A line is the cycle, the event's name and its fields, all decimal. It looks into the design by
hierarchical names, so that the design itself is the one that is emitted.
"""

from dataclasses import dataclass

from amaranth.lib import data

from rtl.bus.axi import burst_layout, transfer_layout
from rtl.scheduler.layouts import tag_layout

FILE = "probe"
"""Plusarg that names the file; without it nothing is written"""
CORE, READER, WRITER = "device.core", "device.reader", "device.writer"


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


def _burst(queue: str) -> tuple[str, str]:
    """Of one that enters a queue of bursts."""
    payload = f"{queue}.i__payload"
    return _field(payload, burst_layout(), "address"), _field(payload, burst_layout(), "length")


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
    # Of memory and of a scratchpad: what the bus engines remember of bursts in flight.
    Event("read_burst", _happens(f"{READER}.in_flight.i__"), _burst(f"{READER}.in_flight")),
    Event("r_first", f"{_happens(f'{READER}.o__')} && !reads"),
    Event("r_last", _happens(f"{READER}.in_flight.o__")),
    Event("write_burst", _happens(f"{WRITER}.in_flight.i__"), _burst(f"{WRITER}.in_flight")),
    Event("w_first", f"{_happens(f'{WRITER}.data__')} && !writes"),
    Event("w_last", _happens(f"{WRITER}.to_send.o__")),
    Event("answer", _happens(f"{WRITER}.in_flight.o__")),
)


def probe_lines() -> list[str]:
    """For the body of the top in which the accelerator is ``device``, its ports as they are."""
    words_read, read_ends = _happens(f"{READER}.o__"), _happens(f"{READER}.in_flight.o__")
    words_written, write_ends = _happens(f"{WRITER}.data__"), _happens(f"{WRITER}.to_send.o__")
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
        f"    reads <= !rst && ({words_read} ? !({read_ends}) : reads);",
        f"    writes <= !rst && ({words_written} ? !({write_ends}) : writes);",
        "    if (probe_file != 0 && !rst) begin",
    ]
    for event in EVENTS:
        pattern = " ".join(["%0d", event.name, *["%0d"] * len(event.fields)])
        arguments = ", ".join(["probe_file", f'"{pattern}\\n"', "probe_now", *event.fields])
        lines.append(f"      if ({event.condition}) $fwrite({arguments});")
    return [*lines, "    end", "  end"]
