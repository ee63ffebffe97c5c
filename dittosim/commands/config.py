"""``dittosim config``: the machine configurations."""

from collections.abc import Iterator
from typing import Annotated

import typer

from dittosim.console import console, result_table
from dittosim.files import check_writable, write_json
from dittosim.options import ForceOption, JsonOption
from golden.machine.config import MachineConfig, load_config, preset_names
from golden.machine.dram import DramConfig

app = typer.Typer(
    help="List presets, or show every field of a configuration.", no_args_is_help=True
)

DERIVED = {
    "lane_elements": "elements of a beat that belong to one lane",
    "max_k": "longest row that the weight banks hold",
    "product_bits": "signed width of a product",
    "psum_bits": "signed width of a partial sum",
    "multipliers": "multipliers of the whole machine: 4-bit x 8-bit, in dense tiles 8-bit x 8-bit",
}


@app.command("list")
def list_presets(json: JsonOption = None, force: ForceOption = False) -> None:
    """List the presets."""
    check_writable(json, force=force)
    table = result_table(
        "presets", "preset", "multipliers", "lanes x columns", "tiles", "elements\nper beat", "hash"
    )
    figures = {}
    for name in preset_names():
        config = load_config(name)
        table.add_row(
            name,
            f"{config.multipliers:,}",
            f"{config.lanes} x {config.columns}",
            f"{config.tiles_m} x {config.tiles_n}",
            str(config.beat_elements),
            config.digest(),
        )
        figures[name] = {
            **config.model_dump(mode="json"),
            "multipliers": config.multipliers,
            "hash": config.digest(),
        }
    console.print(table)
    write_json(json, figures)


@app.command()
def show(
    config: Annotated[str, typer.Argument(help="Preset (tiny, small, paper) or TOML file.")],
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Show every field, its value and its meaning, and which designs it makes.

    Example: `dittosim config show small`
    """
    from rtl.emission.emit import reasons_against, tops_of

    check_writable(json, force=force)
    machine = load_config(config)
    title = f"{config} ({machine.digest()})"
    table = result_table(title, "field", "value", text="meaning")
    for name, value, meaning in _rows(machine):
        table.add_row(name, value, meaning)
    table.add_section()
    for name, meaning in DERIVED.items():
        table.add_row(name, str(getattr(machine, name)), f"{meaning} (follows)")
    tops = tops_of(machine)
    against = {top: reason for top, reason in reasons_against(machine).items() if top in tops}
    table.add_section()
    made = [top for top in tops if top not in against]
    table.add_row("makes", f"{len(made)} of {len(tops)}", f"{', '.join(made)} (generate --top)")
    for reason in dict.fromkeys(against.values()):
        unmade = [top for top in against if against[top] == reason]
        table.add_row("does not make", str(len(unmade)), f"{', '.join(unmade)}: {reason}")
    console.print(table)
    derived = {name: getattr(machine, name) for name in DERIVED}
    write_json(
        json,
        {
            **machine.model_dump(mode="json"),
            "derived": derived,
            "makes": made,
            "does_not_make": against,
            "hash": machine.digest(),
        },
    )


def _rows(machine: MachineConfig) -> Iterator[tuple[str, str, str | None]]:
    """Name, value and meaning of every field; of a table those in it."""
    for name, field in type(machine).model_fields.items():
        value = getattr(machine, name)
        if isinstance(value, DramConfig):
            for part, described in type(value).model_fields.items():
                each = getattr(value, part)
                shown = " ".join(each) if isinstance(each, tuple) else str(each)
                yield f"{name}.{part}", shown, described.description
        else:
            yield name, str(value), field.description
