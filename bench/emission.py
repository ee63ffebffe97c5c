"""How long Verilog takes to generate, and how much it is."""

import time

from rich.table import Table

from golden.machine.config import MachineConfig
from rtl.emission.emit import emit


def emission() -> Table:
    """Tiles of more and more PEs of four multipliers."""
    table = Table(title="generate --top tile")
    for column in ("PEs", "multipliers", "seconds", "MB of Verilog"):
        table.add_column(column, justify="right")
    for columns in (16, 256, 4096):
        config = MachineConfig(columns=columns)
        began = time.perf_counter()
        size = len(emit("tile", config).verilog)
        seconds = time.perf_counter() - began
        table.add_row(
            f"{columns:,}", f"{config.multipliers:,}", f"{seconds:.1f}", f"{size / 1e6:.2f}"
        )
    return table
