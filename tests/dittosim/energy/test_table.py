from pathlib import Path

import pytest

from dittosim.energy.cost import DRAM, SCRATCHPAD, EnergyModel, component_group
from dittosim.energy.dram import Dram
from dittosim.energy.dram_figures import dram_energy
from dittosim.energy.events import CYCLES, EVENTS, simulated_events
from dittosim.energy.scaling import scaled
from dittosim.energy.table import SHIPPED, EnergyTable, ModuleEnergy, load_energies, table_text
from dittosim.energy.terms import terms
from dittosim.silicon.design import Memory
from dittosim.silicon.fitted import load_fitted
from dittosim.silicon.memories import load_memories
from golden.accelerator.counters import Counters
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.machine.dram import DramConfig
from sim.dram.counts import DramCounts
from sim.run.array_events import ArrayEvents

SMALL = load_config("small")
TABLE = EnergyTable(
    title='of "test"',
    source="by hand \\ here",
    configuration="small",
    machine=SMALL,
    clock_ns=2.0,
    logic_leakage_uw=3.0,
    macros_leakage_uw=4.0,
    modules=(
        ModuleEnergy(name="pe", instances=16, idle_pj=0.5, event_pj={"slots temporal": 0.25}),
        ModuleEnergy(name="pe", instances=16, macros=True, idle_pj=0, event_pj={"rows act": 2.0}),
        ModuleEnergy(name="store", instances=1, idle_pj=1.0, event_pj={"words results": 8.0}),
    ),
)
COUNTERS = Counters(
    cycles=100, cycles_compute=60, cycles_inputs=39, cycles_fetch=1, bytes_results=64
)
ARRAY = {Mode.TEMPORAL: ArrayEvents(40, 20, 10), Mode.ACT: ArrayEvents(4, 2, 3)}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "energies.toml"
    path.write_text(table_text(TABLE))
    assert load_energies(str(path)) == TABLE


def test_energies_by_hand() -> None:
    words = 64 // SMALL.bus_bytes
    found = TABLE.energies(simulated_events(COUNTERS, ARRAY, SMALL), 2.0)
    assert found == pytest.approx(
        {
            "pe": 0.5 * 100 + 0.25 * 40,
            "pe, memories": 2.0 * 3,
            "store": 100 + 8 * words,
            # uW times 100 cycles of 2 ns are 1e-6 W * 2e-7 s = 0.2 pJ.
            "leakage of logic": 3 * 0.2,
            "leakage of memories": 4 * 0.2,
        }
    )


def test_parts_and_causes_have_one_sum() -> None:
    model = EnergyModel(TABLE, SMALL, 2.0, dram_energy(SMALL))
    parts, causes = (of(COUNTERS, ARRAY, None) for of in (model.by_component, model.by_cause))
    assert parts[DRAM] == causes["DRAM, results"] == 8 * 64 * 8.0
    assert sum(parts.values()) == pytest.approx(sum(causes.values()))
    assert causes["cycles, inputs"] == pytest.approx(39 * (1.5 + 7e-6 * 2e3))
    assert causes["slots temporal"] == pytest.approx(10)


def test_dram_of_a_whole_run_takes_more_than_its_bytes() -> None:
    machine = SMALL.model_copy(update={"dram": DramConfig(standard="ddr4-2400")})
    model = EnergyModel(TABLE, machine, 1.0, dram_energy(machine))
    counts = DramCounts(reads=0, writes=2, activations=1, refreshes=0)
    for dram, causes in ((counts, 100 * 412.8 + 3450.144 + 8 * 64 * 4.98), (None, 0.0)):
        found = model.by_component(COUNTERS, ARRAY, dram)
        assert found[DRAM] == pytest.approx(8 * 64 * 4.98 + causes)
        by_cause = model.by_cause(COUNTERS, ARRAY, dram)
        assert sum(by_cause.values()) == pytest.approx(sum(found.values()))
        by_term = terms(model, COUNTERS, ARRAY, dram)
        assert sum(by_term.values()) == pytest.approx(sum(found.values()))


def test_another_machine() -> None:
    with pytest.raises(DittosimError, match="of another machine, small: measure this one by"):
        TABLE.check(load_config("tiny"))


def test_an_unknown_event() -> None:
    wrong = ModuleEnergy(name="pe", instances=1, idle_pj=0, event_pj={"slot": 1.0})
    table = TABLE.model_copy(update={"modules": (wrong,)})
    with pytest.raises(DittosimError, match="module pe: no event 'slot'; there are slots act"):
        table.check(SMALL)


def test_what_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "energies.toml"
    for text, told in [
        ("title = ", "energies.toml"),
        (table_text(TABLE).replace("idle_pj = 0.5", "idle_pj = -1"), "idle_pj"),
        (f"tittle = 1\n{table_text(TABLE)}", "tittle"),
    ]:
        path.write_text(text)
        with pytest.raises(DittosimError, match=told):
            load_energies(str(path))
    with pytest.raises(DittosimError, match=r"missing\.toml"):
        load_energies(str(tmp_path / "missing.toml"))


def test_the_shipped_table() -> None:
    table = load_energies(SHIPPED)
    table.check(SMALL)
    assert {name for module in table.modules for name in module.event_pj} <= set(EVENTS)
    assert CYCLES not in EVENTS
    assert all(component_group(module.name) for module in table.modules)


@pytest.mark.parametrize(
    ("component", "group"),
    [
        ("pe", "columns of PEs"),
        ("tile", "encoders and lanes"),
        ("feeder", "feeders and buffers"),
        ("weight_bank, memories", "on-chip memories"),
        ("vector_check", "scheduler and bus"),
        ("vector_lane", "vector unit"),
        ("output_stage", "output stage"),
        ("axi_reader", "scheduler and bus"),
        ("leakage of logic", "leakage of logic"),
        (DRAM, DRAM),
    ],
)
def test_parts(component: str, group: str) -> None:
    assert component_group(component) == group


def test_words_of_a_scratchpad_take_what_its_macro_does() -> None:
    """Those of memory take DRAM's energy, and neither takes the other's."""
    machine = SMALL.model_copy(update={"scratchpad_bytes": 1 << 16})
    table = scaled(load_energies(SHIPPED), machine, load_fitted(), load_memories(None))
    model = EnergyModel(table, machine, 1.0, dram_energy(SMALL, Dram.HBM3))
    macro = load_memories(None).macro(Memory(128, 1 << 12, reads=1, writes=1))
    counters = Counters(
        bytes_inputs=16 * 10,
        scratchpad_inputs=16 * 7,
        bytes_results=16 * 5,
        scratchpad_results=16 * 5,
    )
    found = model.by_component(counters, {}, None)
    assert found[SCRATCHPAD] == pytest.approx(7 * macro.read_pj + 5 * macro.write_pj)
    assert found[DRAM] == pytest.approx(8 * 16 * 3 * 4.05)
    assert component_group(SCRATCHPAD) == "on-chip memories"
    causes = model.by_cause(counters, {}, None)
    assert sum(causes.values()) == pytest.approx(sum(found.values()))
    assert causes["scratchpad, results"] == pytest.approx(5 * macro.write_pj)
    bare = EnergyModel(load_energies(SHIPPED), SMALL, 1.0, dram_energy(SMALL))
    assert SCRATCHPAD not in bare.by_component(counters, {}, None)
