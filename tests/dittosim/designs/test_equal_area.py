import pytest

from dittosim.designs.design import SHAPE, load_design
from dittosim.designs.equal_area import busy, fitted_machine, tile_cycles, tiles_um2
from dittosim.designs.layer_sizes import LayerSize
from dittosim.silicon.fitted import load_fitted
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.machine.mapping import Mapping
from golden.step.machine_fit import check_machine

SMALL, SILICON = load_config("small"), load_fitted()
LAYERS = [LayerSize(196, 9, 32, 64), LayerSize(49, 1, 128, 64), LayerSize(49, 1, 16, 49, 4)]
BUDGET = SILICON.tile_um2(SMALL)


@pytest.mark.parametrize("name", ["itc", "ditto", "cambricon-d", "sparsity"])
def test_what_is_chosen_fits_and_nothing_near_it_is_faster(name: str) -> None:
    design = load_design(name)
    found = fitted_machine(design, SMALL, BUDGET, LAYERS, SILICON)
    check_machine(found.config)
    assert found.tiles_um2 == tiles_um2(design, found.config, SILICON) <= BUDGET
    assert found.config.max_k == SMALL.max_k
    cycles = tile_cycles(LAYERS, found.config)
    for columns in (-16, 16):
        for tiles in (0, 1):
            shape = {name: getattr(found.config, name) for name in SHAPE}
            shape["columns"] += columns
            shape["tiles_m"] += tiles
            if shape["columns"] < 4:
                continue
            other = found.config.model_copy(update=shape)
            slower = tile_cycles(LAYERS, other) >= cycles
            assert slower or tiles_um2(design, other, SILICON) > BUDGET


def test_a_dense_tile_has_fewer_multipliers_for_its_area() -> None:
    itc, ditto, cambricon = (
        fitted_machine(load_design(name), SMALL, 3 * BUDGET, LAYERS, SILICON).config.multipliers
        for name in ("itc", "ditto", "cambricon-d")
    )
    assert itc < ditto
    assert itc <= cambricon


def test_busy_multipliers_by_another_route() -> None:
    config = load_config("tiny")
    layer = LAYERS[0]
    mapping = Mapping.of(layer.rows, layer.taps * layer.channels, layer.columns, config)
    passes = len(mapping.column_blocks) * layer.rows
    cycles = passes * layer.taps * layer.channels // config.lanes
    assert tile_cycles([layer], config) == cycles
    assert busy([layer], config) == layer.macs / cycles / config.multipliers


def test_too_small_an_area() -> None:
    with pytest.raises(DittosimError, match="design itc: no tile fits into"):
        fitted_machine(load_design("itc"), SMALL, 1000, LAYERS, SILICON)
