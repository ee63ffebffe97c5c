"""The accumulator buffer: int32 per row and column, and the running sum of spatial differences."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import memory, stream
from amaranth.lib.wiring import In, Out

from golden.machine.config import ACCUMULATOR_BITS, MachineConfig
from golden.machine.timing import ACCUMULATOR_LATENCY
from rtl.blocks.module import RtlModule
from rtl.tile.layouts import accumulate_layout, index_shape, job_layout


class Accumulator(RtlModule):
    """One column's accumulators: ``accumulator_depth`` rows.

    An accepted partial sum is added to nothing, to the running sum of its job (``carry``), to the
    stored accumulator of its row (``load``), or to both; the result is stored in its row and
    shown at ``o`` from the next cycle on.

    Ports: ``control`` (:func:`rtl.tile.layouts.accumulate_layout`), ``psum``, ``o``; ``store``
    writes ``store_data`` to ``control.store_row`` and is ignored in a cycle with ``accept``.
    Throughput one row per cycle.
    """

    LATENCY = ACCUMULATOR_LATENCY
    module_name = "ditto_accumulator"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        word = signed(ACCUMULATOR_BITS)
        super().__init__(
            {
                "control": In(accumulate_layout(config)),
                "psum": In(signed(config.psum_bits)),
                "store": In(1),
                "store_data": In(word),
                "o": Out(word),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        word = signed(ACCUMULATOR_BITS)
        control = self.control
        buffer = memory.Memory(shape=word, depth=self.config.accumulator_depth, init=[])
        m.submodules.buffer = buffer
        write = buffer.write_port()
        read = buffer.read_port(transparent_for=(write,))

        running = Signal(word, reset_less=True)
        before, carried, result = Signal(word), Signal(word), Signal(word)
        m.d.comb += [
            before.eq(Mux(control.carry & ~control.first, running, 0)),
            carried.eq(before + self.psum),
            # Not carried and what is stored: one addition of three is faster than two.
            result.eq(Mux(control.load, read.data, 0) + before + self.psum),
            read.addr.eq(control.next_row),
            write.en.eq(control.accept | self.store),
            write.addr.eq(Mux(control.accept, control.row, control.store_row)),
            write.data.eq(Mux(control.accept, result, self.store_data)),
        ]
        with m.If(control.accept):
            m.d.sync += [running.eq(carried), self.o.eq(result)]
        return m


class AccumulatorControl(RtlModule):
    """Counts the rows of jobs and drives the accumulators of all columns.

    Ports: ``jobs`` takes jobs (:func:`rtl.tile.layouts.job_layout`), the next one at the latest in
    the cycle of a job's last row, so that jobs follow each other without a gap. ``psum_valid`` says
    that the columns offer partial sums. ``advance`` is low while the tile must stand still: results
    wait at the output, or a partial sum has no job. ``o_valid``, ``o_ready``: handshake of the
    results. ``store_row``, ``store_ready``: a row written from outside, which waits for accepted
    partial sums. ``control`` goes to the accumulators.
    """

    module_name = "ditto_accumulator_control"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "jobs": In(stream.Signature(job_layout(config))),
                "psum_valid": In(1),
                "advance": Out(1),
                "store_ready": Out(1),
                "store_row": In(index_shape(config.accumulator_depth)),
                "o_valid": Out(1),
                "o_ready": In(1),
                "control": Out(accumulate_layout(config)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        active = Signal()
        job = Signal(job_layout(self.config), reset_less=True)
        row = Signal(index_shape(self.config.accumulator_depth))
        next_row = Signal.like(row)
        accept = Signal()
        last = Signal()
        m.d.comb += [
            self.advance.eq((~self.o_valid | self.o_ready) & (active | ~self.psum_valid)),
            accept.eq(self.psum_valid & self.advance),
            last.eq(row == job.last_row),
            next_row.eq(Mux(accept, Mux(last, 0, row + 1), row)),
            self.jobs.ready.eq(~active | (accept & last)),
            self.store_ready.eq(~accept),
        ]
        m.d.sync += row.eq(next_row)
        with m.If(self.jobs.ready):
            m.d.sync += [active.eq(self.jobs.valid), job.eq(self.jobs.payload)]
        with m.If(~self.o_valid | self.o_ready):
            m.d.sync += self.o_valid.eq(accept & job.emit)
        m.d.comb += [
            self.control.accept.eq(accept),
            self.control.load.eq(job.load),
            self.control.carry.eq(job.carry),
            self.control.first.eq(row == 0),
            self.control.row.eq(row),
            self.control.next_row.eq(next_row),
            self.control.store_row.eq(self.store_row),
        ]
        return m
