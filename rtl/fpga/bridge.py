"""What a host says on a serial line, as accesses to memory and registers."""

from typing import Any

from amaranth.hdl import Cat, Const, Fragment, Module, Mux, ResetInserter, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Member, Out

from rtl.blocks.module import RtlModule
from rtl.bus.axi import DECODE_ERROR
from rtl.registers.register_file import slave_ports
from rtl.registers.register_map import ADDRESS_BITS, WORD_BYTES

READ, WRITE, UNKNOWN = b"RW?"
"""First bytes of commands, and the answer to any other one"""
REGISTERS = 1 << 31
"""From this address on they are those of registers."""
HEAD_BYTES = 6
"""Behind the first one: the address, and the number of words less one; both little endian"""
WORD_BITS = 8 * WORD_BYTES


def host_ports(words: int) -> dict[str, Member]:
    """How a host reaches a memory of ``words`` words of 32 bits, as the memory sees it.

    In a cycle with ``host_valid`` and ``host_ready`` a word is written, or read: then ``host_o`` is
    that word in the next cycle.
    """
    return {
        "host_valid": In(1),
        "host_ready": Out(1),
        "host_write": In(1),
        "host_word": In(range(words)),
        "host_data": In(WORD_BITS),
        "host_o": Out(WORD_BITS),
    }


def master_of(ports: dict[str, Member]) -> dict[str, Member]:
    """The other side of ports."""
    return {name: member.flip() for name, member in ports.items()}


class Bridge(RtlModule):
    """Reads and writes words of 32 bits for a host on a serial line.

    A command is ``R`` or ``W``, four bytes of address, two of the number of words less one, and
    with ``W`` the words, all little endian. Each is answered, ``R`` by the words and then both by a
    byte, the responses of all accesses together by *or*: 0 if all went well. Addresses count bytes,
    their two lowest bits are not looked at; memory begins at 0, registers at 0x8000_0000. Where
    there is neither, DECERR is the response and words read as ones. Any other first byte is
    answered by ``?``. A host sends the next command when it has the answer.

    Ports: ``arrived``, ``data``, ``broken`` of :class:`rtl.fpga.uart.UartReceiver`; ``o``, a stream
    of bytes; ``host_*`` to a memory of ``words`` words; ``s_axi_*`` to registers (AXI4-Lite). With
    ``broken`` it waits for a command again, whatever it was doing.

    A written word must be out before the next byte arrives, which nothing here can hold up: memory
    and registers take words within a few cycles.
    """

    module_name = "ditto_bridge"

    def __init__(self, words: int) -> None:
        self.words = words
        super().__init__(
            {
                "arrived": In(1),
                "data": In(unsigned(8)),
                "broken": In(1),
                "o": Out(stream.Signature(unsigned(8))),
                **master_of(host_ports(words)),
                **master_of(slave_ports()),
            }
        )

    def elaborate(self, platform: object) -> Fragment:
        m = Module()
        write = Signal()
        address, count = Signal(32), Signal(16)
        word = Signal(WORD_BITS)
        places = Signal(range(HEAD_BYTES))
        responses = Signal(2)
        last = Signal()
        m.d.comb += [
            last.eq(count == 0),
            self.host_write.eq(write),
            self.host_word.eq(address >> 2),
            self.host_data.eq(word),
            self.s_axi_awaddr.eq(address),
            self.s_axi_araddr.eq(address),
            self.s_axi_wdata.eq(word),
            self.s_axi_wstrb.eq((1 << WORD_BYTES) - 1),
        ]
        with m.FSM():
            with m.State("command"):
                m.d.sync += [places.eq(HEAD_BYTES - 1), responses.eq(0)]
                with m.If(self.arrived):
                    m.d.sync += write.eq(self.data == WRITE)
                    m.next = "unknown"
                    with m.If((self.data == READ) | (self.data == WRITE)):
                        m.next = "head"
            with m.State("unknown"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(UNKNOWN)]
                with m.If(self.o.ready):
                    m.next = "command"
            with m.State("head"), m.If(self.arrived):
                head = Cat(address, count)
                m.d.sync += [head.eq(Cat(head[8:], self.data)), places.eq(places - 1)]
                with m.If(places == 0):
                    m.d.sync += places.eq(WORD_BYTES - 1)
                    m.next = "access"
                    with m.If(write):
                        m.next = "word"
            with m.State("word"), m.If(self.arrived):
                m.d.sync += [word.eq(Cat(word[8:], self.data)), places.eq(places - 1)]
                with m.If(places == 0):
                    m.next = "access"
            self._accesses(m, write, address, word, responses)
            with m.State("accessed"):
                m.d.sync += places.eq(WORD_BYTES - 1)
                m.next = "send"
                with m.If(write):
                    self._further(m, last, address, count, "word")
            with m.State("send"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(word)]
                with m.If(self.o.ready):
                    m.d.sync += [word.eq(word >> 8), places.eq(places - 1)]
                    with m.If(places == 0):
                        self._further(m, last, address, count, "access")
            with m.State("end"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(responses)]
                with m.If(self.o.ready):
                    m.next = "command"
        return ResetInserter(self.broken)(m)

    def _accesses(
        self, m: Module, write: Signal, address: Signal, word: Signal, responses: Signal
    ) -> None:
        """The states from the access to a word to the one in which it is there, or written."""
        registers, beyond = Signal(), Signal()
        m.d.comb += [
            registers.eq(address >= REGISTERS),
            beyond.eq(
                Mux(
                    registers,
                    address[ADDRESS_BITS:-1].any(),
                    address[:-1] >= WORD_BYTES * self.words,
                )
            ),
        ]
        with m.State("access"):
            m.d.comb += self.host_valid.eq(~registers & ~beyond)
            with m.If(beyond):
                m.d.sync += [word.eq(-1), responses.eq(responses | DECODE_ERROR)]
                m.next = "accessed"
            with m.Elif(registers):
                m.next = "ask"
                with m.If(write):
                    m.next = "give"
            with m.Elif(self.host_ready):
                m.next = "fetched"
        with m.State("fetched"):
            m.d.sync += word.eq(self.host_o)
            m.next = "accessed"
        with m.State("ask"):
            m.d.comb += self.s_axi_arvalid.eq(1)
            with m.If(self.s_axi_arready):
                m.next = "read"
        with m.State("read"):
            m.d.comb += self.s_axi_rready.eq(1)
            with m.If(self.s_axi_rvalid):
                m.d.sync += [word.eq(self.s_axi_rdata), responses.eq(responses | self.s_axi_rresp)]
                m.next = "accessed"
        with m.State("give"):
            self._both_offered(m)
        with m.State("written"):
            m.d.comb += self.s_axi_bready.eq(1)
            with m.If(self.s_axi_bvalid):
                m.d.sync += responses.eq(responses | self.s_axi_bresp)
                m.next = "accessed"

    def _both_offered(self, m: Module) -> None:
        """Address and data of a write, each offered until it is taken."""
        taken = {channel: Signal(name=f"{channel}_taken") for channel in ("aw", "w")}
        over = Const(1, 1)
        for channel, before in taken.items():
            valid, ready = (getattr(self, f"s_axi_{channel}{end}") for end in ("valid", "ready"))
            m.d.comb += valid.eq(~before)
            m.d.sync += before.eq(before | ready)
            over = over & (before | ready)
        with m.If(over):
            m.d.sync += [before.eq(0) for before in taken.values()]
            m.next = "written"

    @staticmethod
    def _further(m: Any, last: Signal, address: Signal, count: Signal, state: str) -> None:
        """To the next word, or to the end."""
        m.d.sync += [address.eq(address + WORD_BYTES), count.eq(count - 1)]
        m.next = state
        with m.If(last):
            m.next = "end"
