"""The registers keep to AXI4-Lite, and change only as software writes them."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.bus.axi import OKAY, SLAVE_ERROR
from rtl.registers.register_file import WORD_BITS, RegisterFile
from rtl.registers.register_map import ADDRESS_BITS, WORD_BYTES, Kind, registers
from tb.formal.properties import Properties, implies, stays

WRITABLE = (Kind.OUTPUT, Kind.PULSE, Kind.INTERRUPT)


class RegisterFileProperties(Properties):
    """All writes and reads; a write takes effect in the cycle in which its response appears."""

    GIVEN = {}
    HOLDS = {
        "write_response_stays": "BVALID stays until BREADY, and BRESP with it",
        "read_response_stays": "RVALID stays until RREADY, and RDATA and RRESP with it",
        "one_write": "no second address, and no second data, is taken before the write is done",
        "one_read": "no address is taken while an answer waits",
        "write_answered": "a write is answered within 2 cycles of address and data, and none else",
        "read_answered": "a read is answered in the cycle after its address, and none else",
        "write_response": "OKAY where something can be written, else SLVERR",
        "read_response": "OKAY where there is a register, else SLVERR",
        "outputs": "fields that software writes change with a response to a write of their "
        "register, in the bytes that have a strobe, to the data",
        "pulses": "fields that start something are 1 in the cycle of such a response where 1 is "
        "written, else 0",
        "irq": "`irq` needs an interrupt that is enabled",
    }
    REACHES = {
        "back_to_back": "a second write is answered",
        "refused": "a write and a read are refused",
        "data_first": "data comes before its address",
        "field": "a field that software writes has changed",
    }

    @classmethod
    def module(cls, config: MachineConfig) -> RtlModule:
        return RegisterFile(config)

    def describe(self, m: Module) -> None:
        word, data, strobes = Signal(ADDRESS_BITS - 2), Signal(WORD_BITS), Signal(WORD_BYTES)
        has_address, has_data, waited = Signal(), Signal(), Signal(2)
        b_before, responds = Signal(), Signal()
        b, r = self.s_axi_bvalid, self.s_axi_rvalid
        takes_address, takes_data, takes_read = Signal(), Signal(), Signal()
        r_left, was_read, read_word = Signal(), Signal(), Signal(ADDRESS_BITS - 2)
        m.d.comb += [
            takes_address.eq(self.s_axi_awvalid & self.s_axi_awready),
            takes_data.eq(self.s_axi_wvalid & self.s_axi_wready),
            takes_read.eq(self.s_axi_arvalid & self.s_axi_arready),
            responds.eq(b & ~b_before),
        ]
        m.d.sync += [
            b_before.eq(b & ~self.s_axi_bready),
            r_left.eq(r & ~self.s_axi_rready),
            was_read.eq(takes_read),
            waited.eq(Mux(has_address & has_data & ~responds & ~b, waited + 1, 0)),
        ]
        with m.If(responds):
            m.d.sync += [has_address.eq(0), has_data.eq(0)]
        with m.If(takes_address):
            m.d.sync += [has_address.eq(1), word.eq(self.s_axi_awaddr[2:])]
        with m.If(takes_data):
            m.d.sync += [has_data.eq(1), data.eq(self.s_axi_wdata), strobes.eq(self.s_axi_wstrb)]
        with m.If(takes_read):
            m.d.sync += read_word.eq(self.s_axi_araddr[2:])

        # Address and data of the write that is answered in this cycle: the next may come already.
        mask = Cat(strobe.replicate(8) for strobe in strobes)
        outputs, pulses, changed = [], [], []
        writable, there = Const(0), Const(0)
        for register in registers().values():
            first = register.address // WORD_BYTES
            there |= (read_word >= first) & (read_word < first + register.words)
            if any(field.kind in WRITABLE for field in register.fields):
                writable |= word == first
            for field in register.fields:
                if field.kind not in (Kind.OUTPUT, Kind.PULSE):
                    continue
                port: Value = getattr(self, field.port)
                place = slice(field.low, field.low + field.width)
                chosen = Mux(responds & (word == first), mask[place], 0)
                if field.kind is Kind.PULSE:
                    pulses.append(port == (chosen & data[place]))
                    continue
                before = Signal(field.width, name=f"{field.port}_before", init=field.reset)
                m.d.sync += before.eq(port)
                outputs.append(port == ((before & ~chosen) | (data[place] & chosen)))
                changed.append(port != before)
        second, refused_write, refused_read, data_first = (Signal() for _ in range(4))
        answered = Signal()
        m.d.sync += [
            answered.eq(answered | responds),
            second.eq(second | (answered & responds)),
            refused_write.eq(refused_write | (b & (self.s_axi_bresp != OKAY))),
            refused_read.eq(refused_read | (r & (self.s_axi_rresp != OKAY))),
            data_first.eq(data_first | (has_data & ~has_address)),
        ]
        either = Mux(writable, OKAY, SLAVE_ERROR), Mux(there, OKAY, SLAVE_ERROR)
        read_answer = Cat(self.s_axi_rdata, self.s_axi_rresp)
        enabled = Cat(
            getattr(self, f.enabled_by)
            for one in registers().values()
            for f in one.fields
            if f.kind is Kind.INTERRUPT
        )
        self.state(
            m,
            "holds",
            write_response_stays=stays(m, "b", b, self.s_axi_bready, self.s_axi_bresp),
            read_response_stays=stays(m, "r", r, self.s_axi_rready, read_answer),
            one_write=implies(has_address & ~responds, ~self.s_axi_awready)
            & implies(has_data & ~responds, ~self.s_axi_wready),
            one_read=implies(r, ~self.s_axi_arready),
            write_answered=implies(responds, has_address & has_data) & (waited < 2),
            read_answered=r == (was_read | r_left),
            write_response=implies(responds, self.s_axi_bresp == either[0]),
            read_response=implies(was_read, self.s_axi_rresp == either[1]),
            outputs=Cat(outputs).all(),
            pulses=Cat(pulses).all(),
            irq=implies(self.irq, enabled.any()),
        )
        self.state(
            m,
            "reaches",
            back_to_back=second,
            refused=refused_write & refused_read,
            data_first=data_first & b,
            field=Cat(changed).any(),
        )
