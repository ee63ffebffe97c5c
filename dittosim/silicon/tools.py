"""What maps and times modules in standard cells."""

from pathlib import Path

from dittosim.tools import run
from tb.harness.tools import TIMER, YOSYS, tool


def versions() -> dict[str, str]:
    """What Yosys and OpenSTA say of themselves; DittosimError if either is missing."""
    mapper, timed = run([tool(*YOSYS), "-V"], Path()), run([tool(TIMER), "-version"], Path())
    return {
        "yosys": mapper.strip().splitlines()[-1].partition(" (")[0],
        "opensta": f"OpenSTA {timed.strip().splitlines()[-1]}",
    }
