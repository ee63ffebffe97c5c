import numpy as np
import pytest

from golden.accelerator.plan import Plan
from golden.accelerator.program import LayerRun
from golden.accelerator.shape import LayerShape
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.machine.tile_kind import TileKind
from sim.run.array_events import ArrayEvents, array_events
from tests.helpers import naive
from tests.helpers.command_line import REPOSITORY

CONFIGS = {"tiny": "tiny", "four tiles": str(REPOSITORY / "docs/machines/two-by-two.toml")}


@pytest.mark.parametrize("tile", TileKind)
@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("mode", Mode)
def test_counted_pass_by_pass(config: str, mode: Mode, tile: TileKind) -> None:
    """Every pass brings its chunk of its rows to each tile that has columns."""
    machine = load_config(CONFIGS[config]).model_copy(update={"tile": tile})
    rng = np.random.default_rng(3)
    columns = machine.columns * machine.tiles_n + 1
    shape = LayerShape(
        height=5, width=4, channels=24, columns=columns, kernel=1, stride=1, padding=0
    )
    plan = Plan(shape, machine, lines=2, chunk_beats=2, rows_outer=False)
    rows, before = rng.integers(-20, 20, (2, shape.rows, shape.k), np.int8)
    run = LayerRun(plan, mode, 3, rows, np.zeros((shape.k, columns), np.int8), before, None)
    padded, reference = run.padded_rows()
    found = ArrayEvents()
    for one in plan.passes():
        for tile in range(machine.tiles_m):
            block = one.row_block * machine.tiles_m + tile
            part = plan.tile_rows(block) if block < plan.tile_blocks else slice(0, 0)
            chunk = slice(
                one.chunk * plan.chunk_beats * machine.beat_elements,
                (one.chunk * plan.chunk_beats + plan.beats(one.chunk)) * machine.beat_elements,
            )
            x, of = padded[part, chunk], reference[part, chunk]
            slots = sum(
                naive.kind_slots(int(a) - int(b), machine)
                for a, b in zip(x.ravel(), of.ravel(), strict=True)
            )
            each = ArrayEvents(slots, len(x) * plan.beats(one.chunk), len(x))
            for _ in range(plan.tiles(one.group)):
                found += each
    assert found.slots > 0
    assert array_events(run) == found
