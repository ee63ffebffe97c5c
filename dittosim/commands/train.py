"""``dittosim train``: trains a model, pruning it on the way if asked to."""

from pathlib import Path
from typing import Annotated, Any

import safetensors.numpy
import typer
from rich.table import Table

from dittosim.console import console, progress, result_table
from dittosim.files import output_folder, whole_file, write_json
from golden.calibration import Calibration
from golden.errors import DittosimError
from golden.graph import Graph
from golden.models.resnet import resnet
from golden.nodes import Shape
from golden.pruning.cost import node_costs
from golden.pruning.workload import prunable_layers
from golden.quality.classifier import CLASSES, IMAGE_SHAPE
from golden.quality.recalibration import recalibrated
from golden.training.config import CLASSIFIER, TrainingConfig, load_training
from golden.workload import DESCRIPTION_FILE, Workload, load_workload, save_workload

CHECKPOINT = "checkpoint.pt"
REPORT = "training.json"


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="TOML file of the training.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for the trained model.")
    ],
) -> None:
    """Train a model on handwritten digits; with [pruning], REPrune's Algorithm 2.

    A training that was interrupted goes on if the command is given again. The folder then holds
    the quantized workload, or the classifier's graph and weights, and the course of the training
    as training.json. Needs the extra `train`. Example:

    `dittosim train training.toml -o trained`
    """
    wanted = load_training(config)
    try:
        from golden.training.digits import digits
        from golden.training.tasks import Classification, Denoising, Task
        from golden.training.trainer import train as run_training
    except ModuleNotFoundError as error:
        raise DittosimError(
            f"training needs {error.name}: install the extra with pip install -e .[train]"
        ) from error
    workload = None if wanted.model == CLASSIFIER else load_workload(wanted.model)
    graph, image = _model(workload)
    if wanted.pruning:
        prunable_layers(graph)
    images, labels = digits(image[0])
    task: Task = (
        Denoising(images, labels, workload.description.schedule)
        if workload
        else Classification(images, labels)
    )
    folder = output_folder(output)
    if (folder / REPORT).exists():
        raise DittosimError(f"{folder} holds a finished training: choose another with -o")
    with progress() as bar:
        line = bar.add_task("train", total=wanted.epochs)

        def report(epoch: int, loss: float) -> None:
            bar.update(line, completed=epoch, description=f"train, loss {loss:.4f}")

        start = workload.weights if workload and wanted.start == "trained" else None
        found = run_training(wanted, graph, task, start, folder / CHECKPOINT, report)

    score = task.score(found.graph, found.weights)
    before, after = (
        {
            "macs": sum(cost.macs for cost in costs.values()),
            "parameters": sum(cost.parameters for cost in costs.values()),
        }
        for costs in (node_costs(graph, image), node_costs(found.graph, image))
    )
    figures: dict[str, Any] = {
        "config": wanted.model_dump(mode="json"),
        "before": before,
        "after": after,
        "held_out_accuracy": score,
        "losses": found.losses,
        "selections": [each._asdict() for each in found.selections],
        "kept": {name: kept.tolist() for name, kept in found.kept.items()},
    }
    if workload:
        _save_workload(folder, workload, found.graph, found.weights, wanted)
    else:
        with whole_file(folder / "graph.json") as part:
            part.write_text(found.graph.model_dump_json(indent=1) + "\n")
        safetensors.numpy.save_file(found.weights, folder / "weights.safetensors")
    write_json(folder / REPORT, figures)
    (folder / CHECKPOINT).unlink(missing_ok=True)
    console.print(_table(wanted, figures, graph))
    console.print(f"model: {folder / DESCRIPTION_FILE if workload else folder / 'graph.json'}")


def _model(workload: Workload | None) -> tuple[Graph, Shape]:
    if workload is None:
        return resnet(IMAGE_SHAPE[0], (16, 32, 64), blocks=2, classes=CLASSES), IMAGE_SHAPE
    image = workload.description.image_shape
    if image[0] != image[1] or image[2] != 1:
        raise DittosimError(
            f"training is on digits, square and of one channel; images of '{workload.name}' are "
            + " x ".join(map(str, image))
        )
    if workload.description.graph.classes not in (0, CLASSES):
        raise DittosimError(
            f"training is on the {CLASSES} digits; '{workload.name}' has "
            f"{workload.description.graph.classes} classes"
        )
    return workload.description.graph, image


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


def _table(config: TrainingConfig, figures: dict[str, Any], graph: Graph) -> Table:
    name = f"{config.model}: {config.epochs} epochs, loss {figures['losses'][-1]:.4f}"
    if figures["held_out_accuracy"] is not None:
        name += f", held-out accuracy {100 * figures['held_out_accuracy']:.2f} %"
    table = result_table(name, "", "before", "after", "%")
    for key, unit in (("macs", "MACs of an image"), ("parameters", "parameters")):
        old, new = (figures[when][key] for when in ("before", "after"))
        table.add_row(unit, f"{old:,}", f"{new:,}", f"{100 * new / old:.1f}")
    if figures["selections"]:
        table.add_section()
        filters = {node.name: node for node in graph.matmuls()}
        for layer, (_, coverage) in figures["selections"][-1]["layers"].items():
            before = getattr(filters[layer], "out_channels", 0)
            kept = len(figures["kept"][layer])
            text = f"filters of {layer}"
            if coverage is not None:
                text += f" ({100 * coverage:.1f} % covered)"
            table.add_row(text, f"{before:,}", f"{kept:,}", f"{100 * kept / before:.1f}")
    return table
