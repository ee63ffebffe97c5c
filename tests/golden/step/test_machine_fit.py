import re

import pytest

from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config, preset_names
from golden.step.compilation import compile_step
from golden.step.machine_fit import check_machine, fitting
from golden.workload.workload import load_workload


@pytest.mark.parametrize("name", preset_names())
def test_presets_run_steps(name: str) -> None:
    check_machine(load_config(name))


@pytest.mark.parametrize(
    ("fields", "rules", "cure"),
    [
        ({"columns": 4, "tiles_n": 2}, ["tiles_n * columns (8)"], "columns = 8"),
        (
            {"columns": 18, "bus_bytes": 8},
            ["tiles_n * columns (18)", "16 or a mul"],
            "columns = 16",
        ),
        ({"columns": 6, "tiles_n": 8}, ["bus_bytes / 4 (4)", "divisor"], "columns = 4"),
        ({"bus_bytes": 128, "columns": 128}, ["bus_bytes (128)"], "bus_bytes = 64"),
    ],
)
def test_all_broken_rules_are_told_with_a_cure(
    fields: dict[str, int], rules: list[str], cure: str
) -> None:
    with pytest.raises(DittosimError) as error:
        check_machine(MachineConfig(**fields))
    for rule in rules:
        assert rule in str(error.value)
    name, value = cure.split(" = ")
    assert cure in str(error.value)
    check_machine(MachineConfig(**fields | {name: int(value)}))


@pytest.mark.parametrize(
    ("fields", "cure"),
    [
        ({"columns": 8, "tiles_n": 1}, "use columns = 16 or tiles_n = 2"),
        ({"columns": 4, "tiles_n": 5}, "use tiles_n = 4"),
        ({"columns": 18, "tiles_n": 1}, "use columns = 16"),
    ],
)
def test_the_smaller_change_is_the_cure(fields: dict[str, int], cure: str) -> None:
    with pytest.raises(DittosimError) as error:
        check_machine(MachineConfig(**fields))
    assert str(error.value).endswith(f"; {cure}")
    for change in cure.removeprefix("use ").split(" or "):
        name, value = change.split(" = ")
        check_machine(MachineConfig(**fields | {name: int(value)}))


def misfit(**sizes: int) -> str:
    workload = load_workload("digits-unet")
    config = load_config("small").model_copy(update=sizes)
    with pytest.raises(DittosimError) as error:
        fitting(lambda machine: compile_step(workload, machine), config)
    return str(error.value)


def test_all_nodes_that_do_not_fit_and_what_would_do() -> None:
    told = misfit(vector_channels=32, input_beats=16)
    assert len(told.splitlines()) == 1
    nodes = "'middle.in.norm', 'middle.out.norm', 'attention.norm', 'decoder.in.norm'"
    assert f"nodes {nodes}: 64 channels are more than vector_channels = 32" in told
    assert "'encoder.conv0'" in told
    cure = re.search(r"; all fits with vector_channels = 64, input_beats = (\d+)$", told)
    assert cure
    size = int(cure[1])
    enough = load_config("small").model_copy(update={"vector_channels": 64, "input_beats": size})
    compile_step(load_workload("digits-unet"), enough)
    assert "input_beats = " in misfit(vector_channels=64, input_beats=size // 2)


def test_no_machine_is_named_where_none_would_do() -> None:
    def compiled(config: MachineConfig) -> None:
        if config.vector_channels < 64:
            raise DittosimError("node 'a': vector_channels = 32; use a machine with more")
        raise DittosimError("node 'a': it is crooked\nnode 'b': it is crooked")

    config = load_config("small").model_copy(update={"vector_channels": 32})
    with pytest.raises(DittosimError, match=r"^node 'a': vector_channels = 32; use a machine"):
        fitting(compiled, config)
    with pytest.raises(DittosimError, match=r"^nodes 'a', 'b': it is crooked$"):
        fitting(compiled, load_config("small"))


def test_a_limit_beyond_all_machines() -> None:
    def compiled(config: MachineConfig) -> None:
        raise DittosimError(f"node 'a': vector_words = {config.vector_words}; use a machine")

    with pytest.raises(DittosimError, match=r"^node 'a': vector_words = 1024; use a machine$"):
        fitting(compiled, load_config("small"))
