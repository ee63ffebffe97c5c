from itertools import product

import numpy as np
import pytest

from dittosim.designs.design import SHIPPED, design_text, load_design
from dittosim.designs.equal_area import tiles_um2
from dittosim.designs.utilization import model_products, search
from dittosim.designs.utilization.model_products import alike, all_products, moved_as, slots
from dittosim.designs.utilization.search import choice, memories_of, searched
from dittosim.layers.models.ddpm import DdpmUnet
from dittosim.layers.models.transformer import DiffusionTransformer
from dittosim.silicon.fitted import load_fitted
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.machine.tile_kind import TileKind
from golden.step.machine_fit import check_machine, runs_steps

SMALL = load_config("small").model_copy(update={"accumulator_depth": 64})
BUDGET = 6 * load_fitted().tile_um2(SMALL)
MODELS = {
    "tiny-unet": DdpmUnet(
        size=16,
        channels=32,
        image_channels=3,
        multipliers=(1, 2),
        blocks=1,
        attention_sizes=(8,),
    ),
    "tiny-dit": DiffusionTransformer(
        size=16, latent_channels=4, patch=2, width=96, depth=2, heads=4
    ),
}


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_products, "MODELS", MODELS)
    model_products._layers.cache_clear()
    yield
    model_products._layers.cache_clear()


@pytest.mark.parametrize("name", ["itc", "ditto-temporal", "cambricon-d"])
def test_what_is_chosen_fits_and_nothing_near_it_does_more(name: str) -> None:
    design = load_design(name)
    best, largest = searched(design, SMALL, BUDGET, 0.85)
    check_machine(best.machine)
    silicon = load_fitted()
    assert best.tiles_um2 == tiles_um2(design, best.machine, silicon) <= BUDGET
    assert best.memories_um2 == memories_of(best.machine) <= 6 * memories_of(SMALL)
    assert set(best.models) == set(MODELS)
    done = best.least_busy * best.machine.multipliers
    compared = 0
    machine = best.machine
    for columns, tiles_m, tiles_n in product((-32, -16, 0, 16, 32), range(-9, 10), (-2, -1, 0, 1)):
        fields = {
            "columns": machine.columns + columns,
            "tiles_m": machine.tiles_m + tiles_m,
            "tiles_n": machine.tiles_n + tiles_n,
        }
        other = machine.model_copy(update=fields)
        if min(fields.values()) < 1 or other == machine or not runs_steps(other):
            continue
        if tiles_um2(design, other, silicon) <= BUDGET:
            compared += 1
            one = choice(design, other)
            # Buffers cost filling and draining, which the search of grids leaves out.
            assert one.least_busy * other.multipliers <= 1.02 * done
    assert compared > 1
    assert largest
    assert largest.least_busy >= 0.85
    assert largest.tiles_um2 <= BUDGET


def test_no_machine_is_busy_enough() -> None:
    _, largest = searched(load_design("itc"), SMALL, BUDGET, 1.0, [16])
    assert largest is None


def test_beats_keep_what_tiles_that_skip_gain() -> None:
    ditto, _ = searched(load_design("ditto"), SMALL, BUDGET, 0.85, [8])
    itc, _ = searched(load_design("itc"), SMALL, BUDGET, 0.85, [8])
    assert (ditto.machine.beat_elements, itc.machine.beat_elements) == (32, 8)
    assert ditto.machine.lane_elements == SMALL.lane_elements


def test_a_design_of_its_own_size_keeps_it() -> None:
    design = load_design("ditto").model_copy(update={"machine": {"columns": 32}})
    best, largest = searched(design, SMALL, BUDGET, 0.85)
    assert best.machine == design.config(SMALL)
    assert largest is None


def test_too_small_an_area_and_too_small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DittosimError, match="design itc: no machine on a bus of 16 bytes"):
        searched(load_design("itc"), SMALL, 1000, 0.85)
    monkeypatch.setattr(search, "memories_of", lambda _: 1.0)
    monkeypatch.setattr(search, "_slowness", lambda *_: np.inf)
    with pytest.raises(DittosimError, match=r"design itc: no buffers within 0\.0 mm2"):
        searched(load_design("itc"), SMALL, BUDGET, 0.85, [4])


def test_a_machine_that_models_do_not_fit() -> None:
    cramped = SMALL.model_copy(update={"input_beats": 64})
    with pytest.raises(DittosimError, match=r"design ditto, model tiny-unet: .*use a machine"):
        choice(load_design("ditto"), cramped)


def test_products_of_flows() -> None:
    """What the host computes is in none; attention runs as the flow has it."""
    found = {
        name: all_products(load_design(name), SMALL)["tiny-dit"]
        for name in ("itc", "diffy", "ditto-raw-attention", "ditto")
    }
    modes = {name: {one.mode for one in each} for name, each in found.items()}
    assert modes == {
        "itc": {Mode.ACT},
        "diffy": {Mode.SPATIAL},
        "ditto-raw-attention": {Mode.ACT, Mode.TEMPORAL},
        "ditto": {Mode.TEMPORAL},
    }
    macs = {name: sum(one.macs for one in each) for name, each in found.items()}
    # patches, projections of 2 blocks, the last layer; and attention once, or twice
    weighted = 64 * (16 * 96 + 2 * 96 * 96 * (3 + 1 + 4 + 4) + 96 * 32)
    attention = 2 * 2 * 64 * 64 * 96
    assert macs["itc"] == macs["diffy"] == macs["ditto-raw-attention"] == weighted + attention
    assert macs["ditto"] == weighted + 2 * attention


def test_slots_are_the_papers_averages() -> None:
    ditto, itc, masked = map(load_design, ("ditto", "itc", "cambricon-d"))
    assert slots(Mode.TEMPORAL, ditto, TileKind.DITTO) == pytest.approx(0.595)
    assert slots(Mode.TEMPORAL, ditto, TileKind.BIT_WIDTH) == pytest.approx(1.0399)
    assert slots(Mode.TEMPORAL, ditto, TileKind.SPARSITY) == pytest.approx(1.1102)
    assert slots(Mode.ACT, itc, TileKind.DENSE) == 1
    assert [slots(mode, masked, TileKind.DENSE) for mode in (Mode.ACT, Mode.TEMPORAL)] == [2, 1]
    assert moved_as(Mode.TEMPORAL, masked) is Mode.ACT
    assert moved_as(Mode.TEMPORAL, ditto) is Mode.TEMPORAL


def test_a_file_of_what_is_chosen_is_the_design(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("designs")
    for name in ("ditto", "cambricon-d"):
        best, _ = searched(load_design(name), SMALL, BUDGET, 0.85, [4])
        path = folder / f"{name}.toml"
        path.write_text(design_text(best.design, best.machine, SMALL))
        read = load_design(str(path))
        assert read.config(SMALL) == best.machine
        assert read.fixed
        assert read.model_copy(update={"machine": {}}) == load_design(name).model_copy(
            update={"machine": {}}
        )


def test_designs_that_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_products, "MODELS", MODELS | {"sdm": MODELS["tiny-dit"]})
    kinds: dict[str, list[str]] = {}
    for name in SHIPPED:
        kinds.setdefault(alike(load_design(name)), []).append(name)
    several = [names for names in kinds.values() if len(names) > 1]
    assert several == [["ditto-temporal", "ditto", "ditto-plus"]]
