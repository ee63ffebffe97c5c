"""The sequencer: starts passes when their operands are there and their results have a place."""

from amaranth.hdl import Module, Mux, Signal, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.accelerator.units import ROW_BITS
from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.scheduler.layouts import LINE_BITS, Load, layer_layout, pass_layout
from rtl.scheduler.loader import SLOTS
from rtl.scheduler.pass_walk import PassWalk


class Sequencer(RtlModule):
    """Takes on ``next_layer`` with ``start`` when it is ``free``; ``active`` while passes are left.

    It is free when the last pass is done and the store has ``taken`` the ``layer``, which is
    ``offered`` from the cycle after ``start`` on.

    Ports: ``loaded`` and ``freed``: a bit per kind of load; ``drained``: a half of the result
    buffers is free again, ``filled``: one is full. ``control``, ``tile_block``, ``line`` and
    ``busy``: the array's. What it is doing: ``running``, or waiting for weights, inputs or a free
    half (the first that is missing).

    A pass starts in the cycle after its last operand came at the earliest, and a cycle after the
    array is idle the next may.
    """

    module_name = "ditto_sequencer"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "next_layer": In(layer_layout()),
                "start": In(1),
                "free": Out(1),
                "layer": Out(layer_layout()),
                "offered": Out(1),
                "taken": In(1),
                "loaded": In(unsigned(len(Load))),
                "freed": Out(unsigned(len(Load))),
                "filled": Out(1),
                "drained": In(1),
                "control": Out(pass_layout()),
                "tile_block": Out(unsigned(ROW_BITS)),
                "line": Out(signed(LINE_BITS)),
                "busy": In(1),
                "active": Out(1),
                "running": Out(1),
                "waits_weights": Out(1),
                "waits_inputs": Out(1),
                "waits_results": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self.layer
        walk = self.instantiate(m, "walk", PassWalk(self.config))
        weights, inputs = Signal(range(SLOTS + 1)), Signal(range(SLOTS + 1))
        results = Signal(range(SLOTS + 1), init=SLOTS)
        done = Signal()
        inputs_loaded = Signal()
        control = self.control
        m.d.comb += [
            inputs_loaded.eq(self.loaded[Load.INPUTS] | self.loaded[Load.REFERENCE]),
            walk.next_layer.eq(self.next_layer),
            walk.start.eq(self.start),
            layer.eq(walk.layer),
            self.free.eq(~self.active & ~self.offered),
            walk.step.eq(done),
            self.tile_block.eq(walk.tile_block),
            self.line.eq(walk.line),
            done.eq(self.running & ~self.busy),
            self.freed[Load.WEIGHTS].eq(done & ~walk.keep_weights),
            self.freed[Load.INPUTS].eq(done & ~walk.keep_inputs),
            self.filled.eq(done & walk.last_chunk),
            control.chunk_beats.eq(Mux(walk.last_chunk, layer.last_chunk_beats, layer.chunk_beats)),
            control.first_chunk.eq(walk.first_chunk),
            control.last_chunk.eq(walk.last_chunk),
        ]
        m.d.sync += [
            weights.eq(weights + self.loaded[Load.WEIGHTS] - self.freed[Load.WEIGHTS]),
            inputs.eq(inputs + inputs_loaded - self.freed[Load.INPUTS]),
            results.eq(results + self.drained - self.filled),
            control.weights_slot.eq(control.weights_slot ^ self.freed[Load.WEIGHTS]),
            control.inputs_slot.eq(control.inputs_slot ^ self.freed[Load.INPUTS]),
            control.results_slot.eq(control.results_slot ^ self.filled),
        ]
        waiting = Signal()
        m.d.comb += waiting.eq(self.active & ~self.running)
        with m.If(waiting & (weights == 0)):
            m.d.comb += self.waits_weights.eq(1)
        with m.Elif(waiting & (inputs == 0)):
            m.d.comb += self.waits_inputs.eq(1)
        with m.Elif(waiting & walk.last_chunk & (results == 0)):
            m.d.comb += self.waits_results.eq(1)
        with m.Elif(waiting):
            m.d.comb += control.start.eq(1)
            m.d.sync += self.running.eq(1)
        with m.If(self.start):
            m.d.sync += [self.active.eq(1), self.offered.eq(1)]
        with m.Elif(self.taken):
            m.d.sync += self.offered.eq(0)
        with m.If(done):
            m.d.sync += [self.running.eq(0), self.active.eq(~walk.last)]
        return m
