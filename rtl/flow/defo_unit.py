"""The Defo Unit: measures a layer in two modes, then chooses the cheaper one."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.accelerator.descriptor import ModeCode
from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.blocks.ram import Ram
from rtl.flow.layouts import COUNT_BITS, INDEX_BITS, STEP_BITS, choice_layout, entry_layout
from rtl.scheduler.error_codes import CODE_BITS, CODES
from rtl.scheduler.layouts import ADDRESS_BITS

MODES = (ModeCode.ACT, ModeCode.TEMPORAL, ModeCode.SPATIAL)


class DefoUnit(RtlModule):
    """A table of ``defo_entries`` layers: two counters and a decision each.

    Ports: ``step`` and ``plus`` come from the host, steady while ``busy``. In step 0 every layer
    runs in ACT, in step 1 in TEMPORAL, from 2 on in what its entry says. ``descriptor`` is a
    choice; a cycle after it came ``first`` and ``count`` say where its variant lies and how many
    descriptors it has, or ``code`` what is wrong with it, and ``wrong_address`` where. It stays
    until ``begins``; from that cycle to the one of ``ends`` cycles are counted, in units of
    ``defo_unit``, at most what ``defo_counter_bits`` hold. In step 0 they become the entry's
    first counter, in step 1 the second one, and the decision: TEMPORAL if that is less, else ACT,
    with ``plus`` SPATIAL; ``measured`` says that they will. While not ``busy``, ``entry`` is that
    of ``index``, a cycle later.

    :func:`golden.flow.defo.decide` with :meth:`golden.flow.defo.CycleCounter.of` says the same.
    """

    LATENCY = 1
    module_name = "ditto_defo_unit"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "busy": In(1),
                "step": In(unsigned(STEP_BITS)),
                "plus": In(1),
                "index": In(unsigned(INDEX_BITS)),
                "entry": Out(entry_layout(config)),
                "descriptor": In(choice_layout()),
                "first": Out(unsigned(ADDRESS_BITS)),
                "count": Out(unsigned(COUNT_BITS)),
                "code": Out(unsigned(CODE_BITS)),
                "wrong_address": Out(unsigned(ADDRESS_BITS)),
                "measured": Out(1),
                "begins": In(1),
                "ends": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, choice = self.config, self.descriptor
        layout = entry_layout(config)
        table = self.instantiate(m, "table", Ram(layout.size, config.defo_entries))
        inside = Signal()
        number = Signal.like(table.write_address, reset_less=True)
        elapsed = Signal(config.defo_counter_bits + config.defo_unit_bits, reset_less=True)
        mode = Signal(2)
        updated = Signal(layout)
        measured = elapsed[config.defo_unit_bits :]
        m.d.comb += [
            # The entry of a layer that runs is needed when it ends.
            table.read.eq(~inside),
            table.read_address.eq(Mux(self.busy, choice.entry, self.index)),
            self.entry.as_value().eq(table.o),
            mode.eq(
                Mux(
                    self.step == 0,
                    ModeCode.ACT,
                    Mux(self.step == 1, ModeCode.TEMPORAL, self.entry.mode),
                )
            ),
        ]
        with m.If(self.begins):
            m.d.sync += [inside.eq(1), number.eq(choice.entry), elapsed.eq(1)]
        with m.Else():
            # A queue that ends with an error leaves no variant.
            with m.If(self.ends | ~self.busy):
                m.d.sync += inside.eq(0)
            with m.If(~elapsed.all()):
                m.d.sync += elapsed.eq(elapsed + 1)
        m.d.comb += [
            updated.first.eq(Mux(self.step == 0, measured, self.entry.first)),
            updated.temporal.eq(Mux(self.step == 0, 0, measured)),
            updated.mode.eq(ModeCode.ACT),
            self.measured.eq(self.step <= 1),
            table.write.eq(self.ends & self.measured),
            table.write_address.eq(number),
            table.write_data.eq(updated.as_value()),
        ]
        with m.If(self.step == 1):
            otherwise = Mux(self.plus, ModeCode.SPATIAL, ModeCode.ACT)
            wins = measured < self.entry.first
            m.d.comb += updated.mode.eq(Mux(wins, ModeCode.TEMPORAL, otherwise))
        self._variant(m, mode)
        return m

    def _variant(self, m: Module, mode: Signal) -> None:
        """Where the chosen variant lies, or what is wrong."""
        config, choice = self.config, self.descriptor
        bus_bits = (config.bus_bytes - 1).bit_length()
        addresses = [getattr(choice, f"{one.name.lower()}_address") for one in MODES]
        counts = [getattr(choice, f"{one.name.lower()}_count") for one in MODES]
        with m.Switch(mode):
            for one, address, count in zip(MODES, addresses, counts, strict=True):
                with m.Case(one):
                    m.d.comb += [self.first.eq(address), self.count.eq(count)]
        known = choice.entry < config.defo_entries
        with m.If(~known | (self.count == 0)):
            m.d.comb += self.code.eq(CODES["bad_choice"])
        with m.Else():
            for address in reversed(addresses):
                with m.If(address[:bus_bits].any()):
                    m.d.comb += [
                        self.code.eq(CODES["misaligned"]),
                        self.wrong_address.eq(address),
                    ]
