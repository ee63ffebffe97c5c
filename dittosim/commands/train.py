"""``dittosim train``: trains a model, pruning it on the way if asked to."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from dittosim.console import console, progress, result_table
from dittosim.extras import INSTALL_EXTRAS
from dittosim.files import check_writable, json_text, output_folder, say_written, write_json
from dittosim.options import ForceOption, JsonOption, output_option
from dittosim.training.config import TrainingConfig, load_training
from dittosim.training.starting_point import starting_point
from golden.denoising.calibration import Calibration
from golden.errors import DittosimError
from golden.files import save_tensors, write_whole
from golden.network.graph import Graph
from golden.network.nodes import WeightedMatmul
from golden.workload.recalibration import recalibrated
from golden.workload.workload import DESCRIPTION_FILE, WEIGHTS_FILE, Workload, save_workload

if TYPE_CHECKING:
    from dittosim.training.experiment import Experiment

CHECKPOINT = "checkpoint.pt"
GRAPH = "graph.json"
REPORT = "training.json"


def train(
    config: Annotated[Path, typer.Argument(metavar="TRAINING.toml", help="What to train.")],
    output: Annotated[Path, output_option("DIR", "Folder for the trained model.")],
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Train a model on handwritten digits; with [pruning], REPrune's Algorithm 2.

    A training that was interrupted goes on if the command is given again (with --force: begins
    anew). The folder then holds
    the quantized workload, or the classifier's graph and weights, and the course of the training
    as training.json. Needs the extra `train`. Example:

    `dittosim train training.toml -o trained`
    """
    check_writable(json, force=force)
    wanted = load_training(config)
    require_training()
    start = starting_point(wanted)
    names = (DESCRIPTION_FILE,) if start.workload else (GRAPH,)
    goes_on = (output / CHECKPOINT).exists() and not (output / REPORT).exists()
    folder = output_folder(output, REPORT, WEIGHTS_FILE, *names, force=force or goes_on)
    if force:
        (folder / CHECKPOINT).unlink(missing_ok=True)
    from dittosim.training.experiment import run_experiment

    with progress() as bar:
        line = bar.add_task("train", total=wanted.epochs)

        def report(epoch: int, loss: float) -> None:
            bar.update(line, completed=epoch, description=f"train, loss {loss:.4f}")

        found = run_experiment(wanted, start, folder / CHECKPOINT, report)
    trained = found.trained
    if start.workload:
        _save_workload(folder, start.workload, trained.graph, trained.weights, wanted)
    else:
        write_whole(folder / GRAPH, trained.graph.model_dump_json(indent=1) + "\n")
        save_tensors(folder / WEIGHTS_FILE, trained.weights)
    report_of_all = figures(wanted, found)
    write_whole(folder / REPORT, json_text(report_of_all))
    (folder / CHECKPOINT).unlink(missing_ok=True)
    console.print(_table(wanted, found, start.graph))
    say_written(*(folder / name for name in (*names, WEIGHTS_FILE, REPORT)))
    write_json(json, report_of_all)


def require_training() -> None:
    """DittosimError unless the extra ``train`` is installed."""
    for module in ("torch", "sklearn"):
        if find_spec(module) is None:
            raise DittosimError(f"training needs {module}: {INSTALL_EXTRAS}")


def figures(config: TrainingConfig, found: "Experiment") -> dict[str, Any]:
    """All of a training for its report."""
    return {
        "config": config.model_dump(mode="json"),
        "before": found.before._asdict(),
        "after": found.after._asdict(),
        "measure": found.measure,
        "score": found.score,
        "losses": found.trained.losses,
        "selections": [each._asdict() for each in found.trained.selections],
        "kept": {name: kept.tolist() for name, kept in found.trained.kept.items()},
    }


def _save_workload(
    folder: Path, workload: Workload, graph: Graph, weights: Any, config: TrainingConfig
) -> None:
    note = ""
    if config.pruning:
        note = f"; {config.pruning.method} {config.pruning.sparsity:g} while training"
    d = workload.description
    description = d.model_copy(update={"graph": graph, "summary": d.summary + note})
    whole = recalibrated(Workload(workload.name, description, weights), Calibration.ABSMAX)
    save_workload(folder, whole.description, weights)


def _table(config: TrainingConfig, found: "Experiment", graph: Graph) -> Table:
    trained = found.trained
    title = f"{config.model}: {config.epochs} epochs, loss {trained.losses[-1]:.4f}"
    if found.score is not None:
        title += f", {found.measure} {found.score:.4f}"
    table = result_table(title, "", "before", "after", "%")
    for field, unit in (("macs", "MACs of an image"), ("parameters", "parameters")):
        old, new = (getattr(cost, field) for cost in (found.before, found.after))
        table.add_row(unit, f"{old:,}", f"{new:,}", f"{100 * new / old:.1f}")
    if trained.selections:
        table.add_section()
        filters = {
            node.name: node.out_channels for node in graph.nodes if isinstance(node, WeightedMatmul)
        }
        for layer in trained.selections[-1].layers:
            kept = len(trained.kept[layer])
            text = f"filters of {layer}"
            if layer in trained.coverage:
                text += f" ({100 * trained.coverage[layer]:.1f} % covered)"
            share = 100 * kept / filters[layer]
            table.add_row(text, f"{filters[layer]:,}", f"{kept:,}", f"{share:.1f}")
    return table
