"""``dittosim stats``: what a workload's activations hold, beside the paper's averages."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from dittosim.console import console, progress
from dittosim.files import (
    check_writable,
    output_folder,
    say_written,
    write_json,
    write_text,
    write_whole,
)
from dittosim.options import (
    BytesPerCycleOption,
    ConfigOption,
    ForceOption,
    ImagesOption,
    JsonOption,
    SeedOption,
    StepsOption,
    WorkloadArgument,
    output_option,
    text_option,
)
from dittosim.plots import percentages
from dittosim.statistics.averages import (
    bit_widths,
    comparisons,
    flow_bytes,
    layer_averages,
    layer_bytes,
)
from dittosim.statistics.page import PICTURES, draw_pictures, render_page
from dittosim.statistics.report import Report
from dittosim.statistics.tables import flow_table, layer_table, summary_table
from golden.errors import DittosimError
from golden.flow.dataflow import Rule
from golden.machine.config import load_config
from golden.wording import number_of
from golden.workload.workload import load_workload
from sim.run.statistics import run_statistics


def stats(
    workload: WorkloadArgument,
    config: ConfigOption = "small",
    steps: StepsOption = None,
    images: ImagesOption = 4,
    seed: SeedOption = 0,
    bytes_per_cycle: BytesPerCycleOption = 4,
    rule: Annotated[
        Rule,
        typer.Option(
            help="Static analysis of the cycles: the paper's, or what is exact in integers."
        ),
    ] = "linear",
    html: Annotated[
        Path | None,
        text_option("--html", "Write all tables and plots as one HTML page"),
    ] = None,
    json: JsonOption = None,
    csv: Annotated[
        Path | None,
        text_option("--csv", "Write every layer, step and mode"),
    ] = None,
    output: Annotated[Path | None, output_option("DIR", "Folder for the plots as PNG.")] = None,
    force: ForceOption = False,
) -> None:
    """Take the statistics of a sampling run, per layer and step, beside the paper's averages.

    Similarity, value ranges, bit widths, bit operations, memory traffic and Defo's decisions; see
    docs/statistics.md for how each is computed. Example:

    `dittosim stats digits-unet --html statistics.html`
    """
    files = [path for path in (html, json, csv) if path]
    for path in files:
        check_writable(path, force=force)
        if files.count(path) > 1:
            raise DittosimError(f"--html, --json and --csv must not all name {path}")
    model, machine = load_workload(workload), load_config(config)
    steps = model.steps(steps)
    if steps < 2:
        raise DittosimError("a run of one step has no temporal differences; use --steps 2 or more")
    names = (f"{name}.png" for name in PICTURES)
    folder = output_folder(output, *names, force=force) if output else None
    with progress() as bar:
        task = bar.add_task(f"sample {model.name}", total=steps * len(model.layers()))
        statistics = run_statistics(
            model,
            machine,
            steps=steps,
            images=images,
            seed=seed,
            progress=lambda _: bar.advance(task),
        )
    report = Report(model, config, statistics, steps, seed, bytes_per_cycle, rule)
    _print(report)
    if html or folder:
        pictures = draw_pictures(report)
        if folder:
            for name, png in pictures.items():
                write_whole(folder / f"{name}.png", png)
            say_written(*(folder / f"{name}.png" for name in pictures))
        if html:
            write_text(html, render_page(report, pictures))
    write_json(json, figures(report))
    if csv:
        write_text(csv, report.frame.to_csv(index=False))


def _print(report: Report) -> None:
    for table in (layer_table, summary_table, flow_table):
        console.print(table(report).on_console())
    console.print(
        f"{number_of(report.steps, 'step')}, {number_of(report.statistics.images, 'image')}, "
        f"seed {report.seed}. Assumed: memory moves {report.bytes_per_cycle} bytes per cycle, "
        "under the computation."
    )
    console.print(
        "* Ditto (HPCA 2025), second-hand: averages of seven models; Defo's decisions on Stable "
        "Diffusion, memory traffic with Defo relative to a dense baseline."
    )


def figures(report: Report) -> dict[str, Any]:
    """The averages for --json."""
    averages = layer_averages(report).dropna(axis="columns", how="all").to_dict("index")
    widths, bytes_ = bit_widths(report), layer_bytes(report).to_dict("index")

    def finite(value: float) -> float | None:
        return float(value) if math.isfinite(value) else None

    return {
        "workload": report.workload.name,
        "configuration": report.statistics.config.model_dump(mode="json"),
        "configuration_hash": report.statistics.config.digest(),
        "steps": report.steps,
        "images": report.statistics.images,
        "seed": report.seed,
        "bytes_per_cycle": report.bytes_per_cycle,
        "rule": report.rule,
        "summary": {
            c.key: {"what": c.what, "unit": c.unit, "here": finite(c.here), "paper": c.paper}
            for c in comparisons(report)
        },
        "layers": {
            layer: {
                **{name: finite(value) for name, value in averages[layer].items()},
                "bit_widths_percent": {
                    mode.value: percentages(by_layer[layer]) for mode, by_layer in widths.items()
                },
                "bytes": bytes_[layer],
                "links": {
                    rule: {"previous_inputs": link[layer].previous_inputs, "sums": link[layer].sums}
                    for rule, link in report.links.items()
                },
            }
            for layer in report.layers
        },
        "traffic": {flow: vars(traffic) for flow, traffic in flow_bytes(report).items()},
        "cycles": report.flow_cycles,
        "decisions": {
            name: {
                "accuracy": judgement.accuracy,
                "regret": judgement.regret,
                "changed": judgement.changed,
                "layers": {
                    layer: {"act": d.act, "temporal": d.temporal, "mode": d.mode.value}
                    for layer, d in judgement.decisions.items()
                },
            }
            for name, judgement in report.judgements.items()
        },
    }
