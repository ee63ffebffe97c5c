"""``dittosim workloads``: the models at hand."""

import numpy as np
from rich import box
from rich.table import Table

from dittosim.console import console
from dittosim.files import check_writable, write_json
from dittosim.options import JsonOption
from golden.workload.workload import load_workload, shipped_workloads


def workloads(json: JsonOption = None) -> None:
    """List the workloads that come with dittosim.

    A workload is a folder; any command takes the path of one of your own instead of a name.
    """
    check_writable(json)
    figures = {}
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("workload", no_wrap=True)
    for heading in ("parameters", "layers", "row lengths k", "steps", "what it is"):
        table.add_column(heading, overflow="fold")
    for name in shipped_workloads():
        workload = load_workload(name)
        layers = workload.layers().values()
        lengths = sorted({layer.k for layer in layers})
        parameters = int(sum(np.prod(w.shape) for w in workload.weights.values()))
        description = workload.description
        table.add_row(
            name,
            f"{parameters:,}",
            str(len(layers)),
            f"{lengths[0]} to {lengths[-1]}",
            str(description.steps),
            description.summary,
        )
        figures[name] = {
            "parameters": parameters,
            "layers": {layer.name: {"k": layer.k, "columns": layer.columns} for layer in layers},
            "steps": description.steps,
            "summary": description.summary,
        }
    if str(json) != "-":
        console.print(table)
    write_json(json, figures)
