import pytest

from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config, preset_names
from golden.step.machine_fit import check_machine


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
