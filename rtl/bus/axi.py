"""Ports of the buses, with their usual flat names, and payloads of the streams behind them."""

from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Module, Value, ValueLike, unsigned
from amaranth.lib import data
from amaranth.lib.wiring import In, Member, Out
from amaranth.utils import exact_log2

from golden.machine.bursts import ADDRESS_BITS, WORDS_BITS
from golden.machine.config import PAGE_BYTES, MachineConfig

INCREMENTING = 1
"""AxBURST of an incrementing burst."""
BUFFERABLE = 3
"""AxCACHE of normal memory that is not cached."""
OKAY, SLAVE_ERROR, DECODE_ERROR = 0, 2, 3
"""Responses; bit 1 says that something went wrong."""


def _address_channel(name: str) -> dict[str, Member]:
    return {
        f"m_axi_{name}id": Out(1),
        f"m_axi_{name}addr": Out(ADDRESS_BITS),
        f"m_axi_{name}len": Out(8),
        f"m_axi_{name}size": Out(3),
        f"m_axi_{name}burst": Out(2),
        f"m_axi_{name}cache": Out(4),
        f"m_axi_{name}prot": Out(3),
        f"m_axi_{name}valid": Out(1),
        f"m_axi_{name}ready": In(1),
    }


def read_ports(config: MachineConfig) -> dict[str, Member]:
    """AXI4 master, channels AR and R."""
    return {
        **_address_channel("ar"),
        "m_axi_rid": In(1),
        "m_axi_rdata": In(config.bus_bits),
        "m_axi_rresp": In(2),
        "m_axi_rlast": In(1),
        "m_axi_rvalid": In(1),
        "m_axi_rready": Out(1),
    }


def write_ports(config: MachineConfig) -> dict[str, Member]:
    """AXI4 master, channels AW, W and B."""
    return {
        **_address_channel("aw"),
        "m_axi_wdata": Out(config.bus_bits),
        "m_axi_wstrb": Out(config.bus_bytes),
        "m_axi_wlast": Out(1),
        "m_axi_wvalid": Out(1),
        "m_axi_wready": In(1),
        "m_axi_bid": In(1),
        "m_axi_bresp": In(2),
        "m_axi_bvalid": In(1),
        "m_axi_bready": Out(1),
    }


def error_ports() -> dict[str, Member]:
    """The first error response since reset or ``clear_error``, and its burst's address."""
    return {
        "clear_error": In(1),
        "error": Out(1),
        "error_response": Out(2),
        "error_address": Out(ADDRESS_BITS),
    }


def pass_through(m: Module, outer: Any, inner: Any, ports: Mapping[str, Member]) -> None:
    """Connects the ``ports`` of a child to those of the same names of the module around it."""
    for name, member in ports.items():
        outside, inside = getattr(outer, name), getattr(inner, name)
        m.d.comb += inside.eq(outside) if member.flow is In else outside.eq(inside)


def in_scratchpad(address: ValueLike, config: MachineConfig) -> Value:
    """Whether an address is one of the scratchpad, which has pages."""
    page = exact_log2(PAGE_BYTES)
    return Value.cast(address)[page:] < config.scratchpad_bytes >> page


def transfer_layout() -> data.StructLayout:
    """A command: ``words`` bus words from byte ``address`` on (:mod:`golden.machine.bursts`)."""
    return data.StructLayout({"address": unsigned(ADDRESS_BITS), "words": unsigned(WORDS_BITS)})


def burst_layout() -> data.StructLayout:
    """A burst of ``length + 1`` words; ``final`` marks the last one of a command."""
    return data.StructLayout(
        {"address": unsigned(ADDRESS_BITS), "length": unsigned(8), "final": unsigned(1)}
    )


def read_word_layout(config: MachineConfig) -> data.StructLayout:
    """A bus word that was read; ``last`` marks the last one of a command."""
    return data.StructLayout({"data": unsigned(config.bus_bits), "last": unsigned(1)})


def write_done_layout() -> data.StructLayout:
    """A write command has ended; ``error`` if any of its bursts was refused."""
    return data.StructLayout({"error": unsigned(1)})
