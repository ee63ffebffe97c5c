"""``dittosim config``: the machine configurations."""

from typing import Annotated

import typer

from dittosim.console import console, result_table
from dittosim.files import check_writable, write_json
from dittosim.options import ForceOption, JsonOption
from golden.machine.config import MachineConfig, load_config, preset_names

app = typer.Typer(
    help="List presets, or show every field of a configuration.", no_args_is_help=True
)

DERIVED = {
    "lane_elements": "elements of a beat that belong to one lane",
    "max_k": "longest row that the weight banks hold",
    "product_bits": "signed width of digit x weight",
    "psum_bits": "signed width of a partial sum",
    "multipliers": "4-bit x 8-bit multipliers of the whole machine",
}


@app.command("list")
def list_presets() -> None:
    """List the presets."""
    table = result_table(
        "presets", "preset", "multipliers", "lanes x columns", "tiles", "elements\nper beat", "hash"
    )
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
    console.print(table)


@app.command()
def show(
    config: Annotated[str, typer.Argument(help="Preset or TOML file.")],
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Show every field, its value and its meaning, and which designs it makes.

    Example: `dittosim config show small`
    """
    from rtl.emission.emit import TOPS, reasons_against

    check_writable(json, force=force)
    machine = load_config(config)
    title = f"{config} ({machine.digest()})"
    table = result_table(title, "field", "value", text="meaning")
    for name, value in machine.model_dump(mode="json").items():
        table.add_row(name, str(value), MachineConfig.model_fields[name].description)
    table.add_section()
    for name, meaning in DERIVED.items():
        table.add_row(name, str(getattr(machine, name)), f"{meaning} (follows)")
    against = reasons_against(machine)
    table.add_section()
    made = [top for top in TOPS if top not in against]
    table.add_row("makes", f"{len(made)} of {len(TOPS)}", f"{', '.join(made)} (generate --top)")
    for reason in dict.fromkeys(against.values()):
        tops = ", ".join(top for top in against if against[top] == reason)
        table.add_row(
            "does not make", str(sum(r == reason for r in against.values())), f"{tops}: {reason}"
        )
    if str(json) != "-":
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
