import pytest

from dittosim.energy.scaling import scaled
from dittosim.energy.table import SHIPPED, EnergyTable, load_energies, row_name
from dittosim.silicon.fitted import load_fitted
from dittosim.silicon.macros import machine_macros
from dittosim.silicon.memories import load_memories
from golden.machine.config import MachineConfig, load_config

SMALL = load_config("small")
TABLE, FITTED, MEMORIES = load_energies(SHIPPED), load_fitted(), load_memories(None)


def of(**fields: object) -> EnergyTable:
    return scaled(TABLE, MachineConfig(**{**SMALL.model_dump(), **fields}), FITTED, MEMORIES)


def ratios(table: EnergyTable, event: str | None = None) -> dict[str, float]:
    """Of the energies of each row at rest, or of an event."""
    found = {}
    for old, new in zip(TABLE.modules, table.modules, strict=True):
        if event is None and old.idle_pj:
            found[row_name(old)] = new.idle_pj / old.idle_pj
        elif event and event in old.event_pj:
            found[row_name(old)] = new.event_pj[event] / old.event_pj[event]
    return found


def test_the_machine_that_was_measured() -> None:
    assert scaled(TABLE, SMALL, FITTED, MEMORIES) is TABLE


def test_more_tiles() -> None:
    """Twice as many take twice as much at rest, but no more for a slot of one of them."""
    table = of(tiles_m=2)
    idle, slot = ratios(table), ratios(table, "slots temporal")
    assert idle["pe"] == idle["accumulator, memories"] == pytest.approx(2)
    assert slot["pe"] == pytest.approx(1)
    assert idle["vector_lane"] == pytest.approx(1)
    assert ratios(table, "words results")["axi_writer"] == 1
    assert TABLE.logic_leakage_uw < table.logic_leakage_uw < 2 * TABLE.logic_leakage_uw
    assert table.machine.tiles_m == 2
    table.check(table.machine)


def test_a_wider_bus() -> None:
    table = of(bus_bytes=32)
    assert ratios(table, "words results")["axi_writer"] == 2
    assert ratios(table)["pe"] == 1
    assert ratios(table)["vector_lane"] > 1.5


def test_more_lanes() -> None:
    """A slot is work of one lane, a row of the columns, however many lanes there are."""
    slot, row = (ratios(of(lanes=8), f"{what} temporal")["pe"] for what in ("slots", "rows"))
    assert 0.6 < slot < 0.9, "a lane of a PE, with less of what its lanes share"
    assert row == 1
    assert 1.4 < ratios(of(lanes=8))["pe"] < 1.8
    wider = ratios(of(beat_elements=32), "beats act")
    assert wider["pe"] == 2
    assert 1 < wider["encoder"] < 2


def test_larger_memories() -> None:
    """A read of a larger macro takes more; logic takes as much as before."""
    table = of(weight_depth=4096)
    idle = ratios(table)
    larger, smaller = (
        MEMORIES.macro(memory).read_pj
        for config in (table.machine, SMALL)
        for (name, memory) in machine_macros(config)
        if name == "weight_bank"
    )
    assert idle["weight_bank, memories"] == pytest.approx(larger / smaller)
    assert idle["vector_lane"] == 1
    assert table.macros_leakage_uw > TABLE.macros_leakage_uw


def test_memories_that_are_flip_flops() -> None:
    """Their energy is in what the module's area is."""
    table = of(accumulator_depth=4)
    (memories,) = (one for one in table.modules if row_name(one) == "accumulator, memories")
    assert memories.idle_pj == 0
    assert not any(memories.event_pj.values())
