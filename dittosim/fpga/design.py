"""The design that is placed: the board, or a module out of context."""

from dittosim.silicon.design import emitted
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from rtl.emission.emit import emit_module
from rtl.fpga.board import Board

BOARD = "board"
MOST_OFF = 0.02
"""Of the rate of a serial line: a byte of ten bits then ends a fifth of a bit early or late."""


def design_of(
    top: str, config: MachineConfig, memory_kib: int, mhz: float, baud: int
) -> tuple[str, str]:
    """Name of a module, and Verilog that has it.

    Of the board with ``memory_kib`` of memory and a serial line of ``baud`` bits per second at a
    clock of ``mhz``. DittosimError if there is no such module, or no such board.
    """
    if top != BOARD:
        return emitted(top, config)
    bit_cycles = round(mhz * 1e6 / baud)
    Board.check(config, memory_kib << 10, bit_cycles)
    if abs(mhz * 1e6 / bit_cycles / baud - 1) > MOST_OFF:
        raise DittosimError(
            f"no {baud:,} bits per second at {mhz:g} MHz: {bit_cycles} cycles to a bit are "
            f"{mhz * 1e6 / bit_cycles:,.0f}; choose another --baud"
        )
    emission = emit_module(Board(config, memory_kib << 10, bit_cycles), config)
    return emission.top, emission.verilog
