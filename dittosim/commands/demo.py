"""``dittosim demo``: the main job, from noise to verified Verilog."""

import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from dittosim.console import console, progress, result_table
from dittosim.cycles.layers import (
    cause_table,
    figures,
    layer_table,
    simulate_with_progress,
)
from dittosim.files import check_writable, json_text, output_folder, write_json, write_whole
from dittosim.options import (
    ConfigOption,
    ForceOption,
    JsonOption,
    SeedOption,
    WorkloadArgument,
    output_option,
)
from dittosim.parallel import in_parallel
from dittosim.plots import (
    PAPER_BIT_WIDTHS,
    percentages,
    plot_bit_widths,
    plot_cycles,
    plot_images,
)
from golden.difference.bit_widths import BitWidths
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.files import naming, write_changed
from golden.machine.config import MachineConfig, load_config
from golden.workload.workload import Workload, load_workload
from rtl.emission.emit import emit
from sim.run.simulation import Simulation
from tb.harness.simulators import Simulator, require
from tb.harness.task import Findings, Task
from tb.runner import run_bench
from tb.stimuli.layer_runs import layer_runs
from tb.stimuli.tile_run import save_runs

IMAGES = 16
RTL_ROWS = 32
DIGITS, BIT_WIDTHS, CYCLES = "digits.png", "bit_widths.png", "cycles.png"
FIGURES, VERILOG, OPERANDS = "demo.json", "verilog", "operands"
FILES = (DIGITS, BIT_WIDTHS, CYCLES, FIGURES, VERILOG, OPERANDS)


class Statistics:
    """Observes a sampling run: bit widths of every mode, and one step's layers for the Verilog."""

    def __init__(self, config: MachineConfig, rtl_step: int) -> None:
        self._config = config
        self.rtl_step = rtl_step
        self.widths: dict[Mode, dict[str, BitWidths]] = {mode: {} for mode in PAPER_BIT_WIDTHS}
        self.rtl_layers: list[LayerStep] = []

    def observe(self, layer_step: LayerStep) -> None:
        """Counts one layer step; temporal differences from the second step on."""
        layer = layer_step.layer
        for mode, layers in self.widths.items():
            if mode is Mode.TEMPORAL and layer_step.previous is None:
                continue
            for product in layer_step.products(mode):
                counted = BitWidths.of(product.differences(mode), self._config.encoding)
                layers[layer.name] = layers.get(layer.name, BitWidths()) + counted
        if layer_step.step == self.rtl_step:
            self.rtl_layers.append(layer_step)


def demo(
    output: Annotated[Path, output_option("DIR", "Folder for the results.")] = Path(
        "dittosim-demo"
    ),
    workload: WorkloadArgument = "digits-unet",
    config: ConfigOption = "small",
    seed: SeedOption = 0,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Sample digits, count their bits and cycles, and run their layers on the emitted Verilog.

    Example: `dittosim demo -o dittosim-demo`
    """
    check_writable(json, force=force)
    began = time.monotonic()
    model, machine = load_workload(workload), load_config(config)
    folder = output_folder(output, *FILES, force=force)
    require(Simulator.VERILATOR)

    statistics = Statistics(machine, model.description.steps // 2)
    same = _sample(model, seed, statistics, folder)
    _bit_widths(statistics, folder)
    simulation = Simulation(machine, list(Mode))
    simulate_with_progress(model, simulation, None, 1, seed)
    console.print(layer_table(simulation, f"3. cycles on '{config}', one image"))
    console.print(cause_table(simulation))
    plot_cycles(simulation, folder / CYCLES)
    emission = emit("tile", machine)
    write_changed(folder / VERILOG, emission.texts())
    found = _run_verilog(statistics, machine, folder, config)

    act, temporal = simulation.total(Mode.ACT), simulation.total(Mode.TEMPORAL)
    console.print(
        f"Speedup of difference processing: {act.cycles / temporal.cycles:.2f} over original "
        f"activations with zero skipping,\n{temporal.dense / temporal.cycles:.2f} over the same "
        "multipliers working on all 8-bit activations."
    )
    told = {
        "images_identical": same,
        "bit_widths_percent": {
            mode.value: {name: percentages(width) for name, width in layers.items()}
            for mode, layers in statistics.widths.items()
        },
        "simulation": figures(simulation, model.name, model.description.steps, 1, seed),
        "verilog": found,
    }
    write_whole(folder / FIGURES, json_text(told))
    console.print(
        f"Results in {folder}/: {DIGITS}, {BIT_WIDTHS}, {CYCLES}, {FIGURES}, {VERILOG}/, "
        f"{OPERANDS}/ ({time.monotonic() - began:.0f} s)",
        soft_wrap=True,
    )
    write_json(json, told)
    if not same or any(entry["differences"] for entry in found):
        console.print("The three descriptions disagree.", style="red")
        raise typer.Exit(1)


def _sample(model: Workload, seed: int, statistics: Statistics, folder: Path) -> bool:
    noise = model.noise(IMAGES, seed)
    runs = [
        ("original activations", Mode.ACT, None),
        ("temporal differences", Mode.TEMPORAL, statistics.observe),
    ]
    images = {}
    with progress() as bar:
        for name, mode, observer in bar.track(runs, description=f"sample {model.name}"):
            images[name] = model.sample(mode, noise, observer=observer)
    original, difference = images.values()
    same = bool(np.array_equal(original, difference))
    console.print(
        f"1. {IMAGES} images in {model.description.steps} steps: original and difference execution "
        f"give {'identical' if same else 'DIFFERENT'} images"
    )
    plot_images(images, folder / DIGITS)
    return same


def _bit_widths(statistics: Statistics, folder: Path) -> None:
    title = "2. elements that are zero / need 4 bits or fewer / need more, %"
    table = result_table(title, "layer", *statistics.widths)
    table.padding = 0

    def row(name: str, parts: list[tuple[float, float, float]]) -> None:
        table.add_row(name, *(" / ".join(f"{p:.1f}" for p in part) for part in parts))

    layers = list(statistics.widths[Mode.ACT])
    for layer in layers:
        row(layer, [percentages(widths[layer]) for widths in statistics.widths.values()])
    table.add_section()
    totals = [sum(widths.values(), BitWidths()) for widths in statistics.widths.values()]
    row("all layers", [percentages(total) for total in totals])
    row("paper, 7 models", list(PAPER_BIT_WIDTHS.values()))
    console.print(table)
    plot_bit_widths(statistics.widths, folder / BIT_WIDTHS)


def _run_verilog(
    statistics: Statistics, machine: MachineConfig, folder: Path, config: str
) -> list[dict[str, Any]]:
    """Runs one step's layers on the tile in all modes; returns what was found."""
    pairs = [(layer, mode) for layer in statistics.rtl_layers for mode in Mode]
    operands = folder / OPERANDS
    with naming(operands):
        operands.mkdir(exist_ok=True)
    tasks = []
    for layer, mode in pairs:
        path = (operands / f"{layer.layer.name}-{mode}.npz").absolute()
        save_runs(path, list(layer_runs(layer, mode, machine, rows=RTL_ROWS)))
        tasks.append(Task(bench="tile", config=machine, rows=path))
    with progress() as bar:
        runs = in_parallel(-1, run_bench, [(task,) for task in tasks], ordered=True)
        found = list(bar.track(runs, total=len(tasks), description="run layers on the Verilog"))
    title = (
        f"4. step {statistics.rtl_step}, {RTL_ROWS} rows of each layer, "
        f"on the Verilog of '{config}' by Verilator"
    )
    numbers = ("mode", "values", "cycles\nRTL", "cycles\nsim", "differences")
    table = result_table(title, "layer", *numbers)
    entries = []
    for (layer, mode), finding in zip(pairs, found, strict=True):
        table.add_row(
            layer.layer.name,
            mode.value,
            f"{finding.values:,}",
            f"{finding.cycles_rtl:,}",
            f"{finding.cycles_sim:,}",
            str(finding.differences),
        )
        entries.append(
            {
                "layer": layer.layer.name,
                "mode": mode.value,
                "differences": finding.differences,
                **finding.model_dump(),
            }
        )
    total = sum(found, Findings())
    table.add_section()
    table.add_row(
        "all",
        "",
        f"{total.values:,}",
        f"{total.cycles_rtl:,}",
        f"{total.cycles_sim:,}",
        str(total.differences),
    )
    console.print(table)
    return entries
