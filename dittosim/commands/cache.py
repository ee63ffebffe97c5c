"""``dittosim cache``: what is kept between runs."""

import shutil
from typing import Annotated

import typer

from dittosim.console import console, result_table
from dittosim.files import check_writable, write_json
from dittosim.options import ForceOption, JsonOption
from golden.cache import CACHE_VARIABLE, LIBRARY_FOLDERS, usual_cache
from tb.harness.build_cache import LIMIT_VARIABLE, folder_size, limit, remove, stored_builds


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Empty it.")] = False,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Show what is kept between runs, or empty it.

    Compiled simulations, and what Numba, Matplotlib and the Verilog backend keep. The variable
    DITTOSIM_CACHE moves it, DITTOSIM_CACHE_LIMIT says how many GB compiled simulations may take:
    those that were not used for longest make room for new ones. Example:

    `dittosim cache --clear`
    """
    check_writable(json, force=force)
    folder, most = usual_cache(), limit()
    if clear:
        kept = sum(not remove(build) for build in stored_builds())
        for name in LIBRARY_FOLDERS:
            shutil.rmtree(folder / name, ignore_errors=True)
        if kept:
            console.print(f"in use and kept: {kept}")
    builds = stored_builds()
    sizes = {name: folder_size(folder / name) for name in LIBRARY_FOLDERS}
    sizes = {"simulations": sum(build.size for build in builds), **sizes}
    table = result_table(str(folder), "what", "number", "MB")
    for name, size in sizes.items():
        number = str(len(builds)) if name == "simulations" else ""
        table.add_row(name, number, f"{size / 1e6:,.1f}")
    console.print(table)
    console.print(
        f"{CACHE_VARIABLE} moves it; simulations take at most {most / 1e9:g} GB ({LIMIT_VARIABLE})"
    )
    write_json(
        json,
        {"folder": str(folder), "limit": most, "builds": len(builds), "bytes": sizes},
    )
