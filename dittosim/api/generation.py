"""Verilog of a machine and its modules."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dittosim.machines import Config, machine_of
from dittosim.results import Result
from golden.errors import DittosimError


@dataclass(frozen=True, eq=False)
class Design(Result):
    """A generated module and all below it, with what goes with it."""

    top: str
    """Name of the top module in the Verilog"""
    verilog: str
    manifest: Mapping[str, Any]
    """Modules, ports, latencies, parameters, the configuration's hash"""
    texts: Mapping[str, str]
    """All files by name; of the accelerator also its driver in C, file list and core file"""

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> list[Path]:
        """Writes the files, but none that holds the same already; returns their paths.

        Raises DittosimError if one holds something else and ``force`` is not given.
        """
        from dittosim.files import output_folder, write_texts

        return write_texts(output_folder(Path(folder)), self.texts, force=force)

    def to_dict(self) -> dict[str, Any]:
        """The manifest."""
        return dict(self.manifest)

    def records(self) -> list[dict[str, Any]]:
        """A row for each port of each module: ``direction``, ``width`` in bits."""
        return [
            {"module": module["name"], "latency": module["latency"], **port}
            for module in self.manifest["modules"]
            for port in module["ports"]
        ]

    def tables(self) -> list[Any]:
        """Modules, the instances in them, and how many ports they have."""
        from dittosim.console import result_table

        title = f"{self.top}, {len(self.verilog):,} bytes of Verilog"
        table = result_table(title, "module", "ports", "latency", text="instances of")
        for module in self.manifest["modules"]:
            table.add_row(
                module["name"],
                str(len(module["ports"])),
                "" if module["latency"] is None else str(module["latency"]),
                ", ".join(module["instances_of"]),
            )
        return [table]


def generate(
    top: str = "accelerator",
    config: Config = "small",
    folder: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
) -> Design:
    """Generates a module as Verilog, the same bytes from run to run.

    Args:
        top: The module, as ``dittosim generate --help`` lists them: ``tile``, ``accelerator``, ...
        config: A preset, a TOML file, or a configuration.
        folder: Where to write the files; nothing is written if None.
        force: Replace files that hold something else.

    Raises DittosimError if there is no such module, or none of that configuration.
    """
    machine = machine_of(config)
    from dittosim.console import progress
    from dittosim.files import output_folder
    from rtl.emission.emit import TOPS, check_top, emit
    from rtl.emission.package import package_texts

    if top not in TOPS:
        raise DittosimError(f"no top module '{top}': choose one of {', '.join(TOPS)}")
    check_top(top, machine)
    if folder is not None:
        output_folder(Path(folder))
    with progress() as bar:
        bar.add_task(f"generate {top}", total=None)
        emission = emit(top, machine)
    texts = emission.texts()
    if top == "accelerator":
        texts |= package_texts(emission)
    design = Design(emission.top, emission.verilog, emission.manifest, texts)
    if folder is not None:
        design.save(folder, force=force)
    return design
