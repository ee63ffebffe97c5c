"""Registers that no reset reaches, in every bench's design."""

from golden.machine.tile_kind import TileKind
from rtl.emission.emit import TOPS
from tb.faults.fault import Fault
from tb.runner import BENCHES

FAULTS = tuple(
    Fault(
        f"no resets in {name}",
        name,
        "",
        r"if \(rst\)",
        "if (1'b0)",
        bench.stalls,
        {} if TileKind.DITTO in TOPS[bench.top].tiles else {"tile": TOPS[bench.top].tiles[0]},
    )
    for name, bench in BENCHES.items()
)
