"""The registers behind AXI4-Lite, generated from rtl/registers/registers.rdl."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Member, Out

from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.bus.axi import OKAY, SLAVE_ERROR
from rtl.registers.register_map import ADDRESS_BITS, WORD_BYTES, Field, Kind, registers

WORD_BITS = 8 * WORD_BYTES


def slave_ports() -> dict[str, Member]:
    """AXI4-Lite slave of 32 bits."""
    return {
        "s_axi_awaddr": In(ADDRESS_BITS),
        "s_axi_awprot": In(3),
        "s_axi_awvalid": In(1),
        "s_axi_awready": Out(1),
        "s_axi_wdata": In(WORD_BITS),
        "s_axi_wstrb": In(WORD_BYTES),
        "s_axi_wvalid": In(1),
        "s_axi_wready": Out(1),
        "s_axi_bresp": Out(2),
        "s_axi_bvalid": Out(1),
        "s_axi_bready": In(1),
        "s_axi_araddr": In(ADDRESS_BITS),
        "s_axi_arprot": In(3),
        "s_axi_arvalid": In(1),
        "s_axi_arready": Out(1),
        "s_axi_rdata": Out(WORD_BITS),
        "s_axi_rresp": Out(2),
        "s_axi_rvalid": Out(1),
        "s_axi_rready": In(1),
    }


class RegisterFile(RtlModule):
    """AXI4-Lite slave with the registers of rtl/registers/registers.rdl.

    Ports: ``s_axi_*``; ``irq``, high while an enabled interrupt is set; ``clear_counters``; and for
    every field one named ``register_field``, by its kind
    (:class:`rtl.registers.register_map.Kind`): INPUT what is read; OUTPUT what was written; PULSE
    high for the cycle after the write; INTERRUPT sets it in every cycle in which it is high, and
    wins over software; COUNTER is added in every cycle, unless ``clear_counters`` sets all to 0.
    The configuration's hash needs no port.

    No output depends on an input of the same cycle. A read is answered in the cycle after its
    address was accepted, a write two cycles after both address and data were; one of each at a
    time, so at most every second and third cycle. Addresses without a register, and writes where
    nothing can be written, are answered SLVERR. Bytes without strobe keep their value.
    """

    LATENCY = None
    module_name = "ditto_register_file"

    def __init__(self, config: MachineConfig) -> None:
        self._constants = {"config_hash_hash": int(config.digest()[:8], 16)}
        members = {**slave_ports(), "irq": Out(1), "clear_counters": In(1)}
        for field in self._fields():
            if field.kind in (Kind.INPUT, Kind.INTERRUPT, Kind.COUNTER):
                members[field.port] = In(field.port_bits)
            elif field.kind in (Kind.OUTPUT, Kind.PULSE):
                members[field.port] = Out(field.port_bits)
        for port in self._constants:
            del members[port]
        super().__init__(members)

    @staticmethod
    def _fields() -> list[Field]:
        return [field for register in registers().values() for field in register.fields]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        write_word, write_mask, write_data = self._writes(m)
        values: dict[str, Value] = {}
        words: dict[int, Value] = {}
        for register in registers().values():
            bits: list[Value] = []
            first = register.address // WORD_BYTES
            for field in register.fields:
                mask = Signal(field.width, name=f"{field.port}_mask")
                data = write_data[field.low : field.low + field.width]
                if field.kind in (Kind.OUTPUT, Kind.PULSE, Kind.INTERRUPT):
                    chosen = write_mask[field.low : field.low + field.width]
                    with m.If(write_word == first):
                        m.d.comb += mask.eq(chosen)
                values[field.port] = self._field(m, field, mask, data)
                hidden = field.kind is Kind.PULSE
                bits += [
                    Const(0, field.low - sum(map(len, bits))),
                    Const(0, field.width) if hidden else values[field.port],
                ]
            bits.append(Const(0, register.words * WORD_BITS - sum(map(len, bits))))
            whole = Signal(register.words * WORD_BITS, name=f"{register.name.lower()}_read")
            m.d.comb += whole.eq(Cat(bits))
            for n in range(register.words):
                words[first + n] = whole[n * WORD_BITS : (n + 1) * WORD_BITS]
        pending = [
            values[field.port] & values[field.enabled_by]
            for field in self._fields()
            if field.kind is Kind.INTERRUPT
        ]
        m.d.comb += self.irq.eq(Cat(pending).any())
        self._reads(m, words)
        return m

    def _field(self, m: Module, field: Field, mask: Signal, data: Value) -> Value:
        """Adds the hardware of a field; returns what software reads."""
        if field.port in self._constants:
            return Const(self._constants[field.port], field.width)
        if field.kind is Kind.CONSTANT:
            return Const(field.reset, field.width)
        port = getattr(self, field.port)
        if field.kind is Kind.INPUT:
            return port
        if field.kind is Kind.PULSE:
            m.d.sync += port.eq(mask & data)
            return port
        stored = Signal(field.width, name=f"{field.port}_value", init=field.reset)
        if field.kind is Kind.OUTPUT:
            m.d.sync += stored.eq((stored & ~mask) | (data & mask))
            m.d.comb += port.eq(stored)
        elif field.kind is Kind.INTERRUPT:
            m.d.sync += stored.eq((stored & ~(data & mask)) | port)
        else:
            with m.If(self.clear_counters):
                m.d.sync += stored.eq(0)
            with m.Else():
                m.d.sync += stored.eq(stored + port)
        return stored

    def _writes(self, m: Module) -> tuple[Signal, Signal, Signal]:
        """Channels AW, W and B; returns word, mask and data of the write of this cycle."""
        word = Signal(ADDRESS_BITS - 2, reset_less=True)
        data = Signal(WORD_BITS, reset_less=True)
        strobes = Signal(WORD_BYTES, reset_less=True)
        has_address, has_data, write, writable = (Signal() for _ in range(4))
        mask = Signal(WORD_BITS)
        kinds = (Kind.OUTPUT, Kind.PULSE, Kind.INTERRUPT)
        with m.Switch(word):
            for register in registers().values():
                if any(field.kind in kinds for field in register.fields):
                    with m.Case(register.address // WORD_BYTES):
                        m.d.comb += writable.eq(1)
        m.d.comb += [
            self.s_axi_awready.eq(~has_address),
            self.s_axi_wready.eq(~has_data),
            write.eq(has_address & has_data & ~self.s_axi_bvalid),
            mask.eq(Cat(strobe.replicate(8) for strobe in strobes) & write.replicate(WORD_BITS)),
        ]
        with m.If(self.s_axi_awvalid & self.s_axi_awready):
            m.d.sync += [has_address.eq(1), word.eq(self.s_axi_awaddr[2:])]
        with m.If(self.s_axi_wvalid & self.s_axi_wready):
            m.d.sync += [
                has_data.eq(1),
                data.eq(self.s_axi_wdata),
                strobes.eq(self.s_axi_wstrb),
            ]
        with m.If(self.s_axi_bready):
            m.d.sync += self.s_axi_bvalid.eq(0)
        with m.If(write):
            m.d.sync += [
                has_address.eq(0),
                has_data.eq(0),
                self.s_axi_bvalid.eq(1),
                self.s_axi_bresp.eq(Mux(writable, OKAY, SLAVE_ERROR)),
            ]
        return word, mask, data

    def _reads(self, m: Module, words: dict[int, Value]) -> None:
        """Channels AR and R."""
        value = Signal(WORD_BITS)
        response = Signal(2)
        with m.Switch(self.s_axi_araddr[2:]):
            for word, content in words.items():
                with m.Case(word):
                    m.d.comb += value.eq(content)
            with m.Default():
                m.d.comb += response.eq(SLAVE_ERROR)
        m.d.comb += self.s_axi_arready.eq(~self.s_axi_rvalid)
        with m.If(self.s_axi_rready):
            m.d.sync += self.s_axi_rvalid.eq(0)
        with m.If(self.s_axi_arvalid & self.s_axi_arready):
            m.d.sync += [
                self.s_axi_rvalid.eq(1),
                self.s_axi_rdata.eq(value),
                self.s_axi_rresp.eq(response),
            ]
