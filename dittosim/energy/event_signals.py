"""Where the emitted Verilog shows the events that take energy."""

from dittosim.energy.events import EVENTS, OUTPUT, VECTOR, array_event, word_event
from golden.accelerator.counters import KINDS
from golden.accelerator.descriptor import ModeCode
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from rtl.scheduler.layouts import events_layout, layer_layout
from rtl.tile.dense_lanes import DenseLanes
from rtl.tile.lane_fifo import LaneFifo
from rtl.tile.tile import Tile
from tb.probe.recorder import Hierarchy


def event_expressions(verilog: str, config: MachineConfig) -> dict[str, list[str]]:
    """For each event what counts it in the accelerator's Verilog, in a cycle."""
    hierarchy = Hierarchy.of(verilog)
    tiles = hierarchy.paths(Tile.module_name)
    fifos = hierarchy.paths(LaneFifo.module_name)
    slots = [f"{path}.o__valid && {path}.o__ready" for path in fifos]
    for path in hierarchy.paths(DenseLanes.module_name):
        # All lanes of a dense tile take one together.
        slots += [f"{path}.o__valid && {path}.o__ready"] * config.lanes
    seen = {
        "slots": slots,
        "beats": [f"{path}.beats__valid && {path}.beats__ready" for path in tiles],
        "rows": [f"{path}.close" for path in tiles],
    }
    field = layer_layout()["mode"]
    mode_now = f"core.array.layer[{field.offset + field.width - 1}:{field.offset}]"
    found: dict[str, list[str]] = {}
    for mode in Mode:
        in_mode = f"{mode_now} == {int(ModeCode.of(mode))}"
        for what, expressions in seen.items():
            found[array_event(what, mode)] = [f"({one} && {in_mode})" for one in expressions]
    layout = events_layout()
    for kind in KINDS:
        place = layout["words"].offset + layout["words"].shape[kind].offset
        found[word_event(kind)] = [f"core.events[{place}]"]
    found[OUTPUT] = ["(core.store.outputs__valid && core.output_stage.source__ready)"]
    place = layout["vector"].offset + layout["vector"].shape["compute"].offset
    found[VECTOR] = [f"core.events[{place}]"]
    assert tuple(found) == EVENTS
    return found
