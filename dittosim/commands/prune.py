"""``dittosim prune``: a workload with fewer channels."""

from pathlib import Path
from typing import Annotated

import typer

from dittosim.api.pruning import prune as prune_workload
from dittosim.console import console, print_parts
from dittosim.files import check_writable, whole_folder, write_json
from dittosim.options import (
    ForceOption,
    JsonOption,
    SeedOption,
    WorkloadArgument,
    config_option,
    output_option,
)
from golden.denoising.calibration import Calibration
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.pruning.clustering import Linkage
from golden.pruning.layer_sparsity import kept_counts
from golden.pruning.selection import Criterion
from golden.pruning.workload import prunable_layers
from golden.workload.workload import load_workload, save_workload


def prune(
    workload: WorkloadArgument,
    sparsity: Annotated[
        float, typer.Option(metavar="S", help="Share of channels to remove, 0 <= S < 1.")
    ],
    output: Annotated[Path, output_option("DIR", "New folder for the workload.")],
    method: Annotated[Criterion, typer.Option(help="How filters are chosen.")] = Criterion.REPRUNE,
    linkage: Annotated[
        Linkage | None, typer.Option(help="How reprune clusters kernels; ward if absent.")
    ] = None,
    round_to_columns: Annotated[
        bool,
        typer.Option(
            "--round-to-columns", help="Round kept counts up to the PE columns of --config."
        ),
    ] = False,
    config: Annotated[
        str | None,
        config_option("With --round-to-columns"),
    ] = None,
    calibration: Annotated[
        Calibration, typer.Option(help="How ranges of int8 are chosen.")
    ] = Calibration.ABSMAX,
    seed: SeedOption = 0,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Remove channels from a trained workload and save it as a new one; nothing is trained.

    The share is of all channels that can be removed; each layer's own follows from the scales of
    the normalization after it. "wanted" is what it would keep, "kept" what it keeps. Example:

    `dittosim prune digits-unet --sparsity 0.5 --round-to-columns --config tiny -o pruned`
    """
    check_writable(json, force=force)
    if linkage and method is not Criterion.REPRUNE:
        raise DittosimError(f"--linkage has no effect on --method {method}; leave it out")
    if config and not round_to_columns:
        raise DittosimError("--config has no effect without --round-to-columns")
    columns = load_config(config or "small").columns if round_to_columns else 1
    model = load_workload(workload)
    # What cannot be is refused before a folder is made.
    kept_counts(prunable_layers(model.description.graph), model.weights, sparsity, columns)
    with whole_folder(output, force=force) as folder:
        pruning = prune_workload(
            model,
            sparsity,
            method=method,
            linkage=linkage,
            columns=columns,
            calibration=calibration,
            seed=seed,
        )
        save_workload(folder, pruning.workload.description, pruning.workload.weights)
    print_parts(pruning.tables())
    console.print(f"workload: {output}", soft_wrap=True)
    write_json(json, pruning.to_dict())
