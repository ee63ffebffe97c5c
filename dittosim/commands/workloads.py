"""``dittosim workloads``: the models at hand."""

import numpy as np

from dittosim.console import console, result_table
from dittosim.files import check_writable, write_json
from dittosim.options import ForceOption, JsonOption
from golden.workload.workload import load_workload, shipped_workloads


def workloads(json: JsonOption = None, force: ForceOption = False) -> None:
    """List the workloads that come with dittosim.

    A workload is a folder; any command takes the path of one of your own instead of a name.
    """
    check_writable(json, force=force)
    figures = {}
    columns = ("workload", "parameters", "layers", "row\nlengths k", "steps")
    table = result_table(None, *columns, text="what it is")
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
    console.print(table)
    write_json(json, figures)
