"""Programs: a workload's denoising steps as descriptors and a memory image."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dittosim.api.choices import chosen
from dittosim.api.workloads import Source, load_workload
from dittosim.flows import FlowName, machine_flow
from dittosim.machines import Config, config_name, machine_of
from dittosim.results import Result
from golden.workload.run import Run

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dittosim.drawing import Figure

IMAGE_FILE, LISTING_FILE = "memory.bin", "program.json"


@dataclass(frozen=True, eq=False)
class CompiledProgram(Result):
    """Queues of descriptors, the memory that they stand in, and what a step of them costs."""

    memory: bytes
    """From ``listing["memory_base"]`` on, before the machine starts"""
    descriptors: int
    """Of all queues"""
    listing: Mapping[str, Any]
    """What a host must know, and every layer with its cycles by cause and bytes by kind"""
    explanation: "Sequence[RenderableType]"
    """Tables and lines of what goes where, and costs"""

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> list[Path]:
        """Writes ``memory.bin`` and ``program.json``; returns their paths.

        Raises DittosimError if they are there already and ``force`` is not given.
        """
        from dittosim.files import json_text, output_folder, write_whole

        place = output_folder(Path(folder), IMAGE_FILE, LISTING_FILE, force=force)
        write_whole(place / IMAGE_FILE, self.memory)
        write_whole(place / LISTING_FILE, json_text(self.listing))
        return [place / IMAGE_FILE, place / LISTING_FILE]

    def to_dict(self) -> dict[str, Any]:
        """The listing: all figures of ``dittosim compile --json``."""
        return dict(self.listing)

    def records(self) -> list[dict[str, Any]]:
        """A row for each descriptor: queue, layer, node, operation, address, cycles and bytes.

        Costs are None where a layer is not of the step that was measured, or was not chosen.
        ``variant`` is the mode of a layer that the machine may choose.
        """
        if "layers" in self.listing:
            return [
                _row("", each["layer"], each["layer"], "product", each["mode"], each)
                for each in self.listing["layers"]
            ]
        return [
            row
            for name, queue in self.listing["queues"].items()
            for entry in queue["entries"]
            for row in _rows(name, entry, None)
        ]

    def tables(self) -> "Sequence[RenderableType]":
        """Those of ``--explain``."""
        return self.explanation

    def plot(self) -> "Figure":
        """Thousands of cycles of each node in the step that was measured."""
        from dittosim.drawing import Figure

        cycles: dict[str, float] = {}
        for row in self.records():
            if row["cycles"] is not None:
                cycles[row["node"]] = cycles.get(row["node"], 0) + row["cycles"] / 1e3
        figure = Figure(figsize=(8, 0.2 * len(cycles) + 0.9), layout="constrained")
        axis = figure.subplots()
        axis.barh(list(cycles), list(cycles.values()), color="#3182bd")
        axis.invert_yaxis()
        axis.tick_params(axis="y", labelsize=8)
        axis.set(xlabel="thousand cycles", title=f"step {self.listing['step']}")
        return figure


def compile(
    workload: Source,
    config: Config = "small",
    flow: str = FlowName.TEMPORAL,
    *,
    step: int = 1,
    steps: int | None = None,
    seed: int = 0,
    products: bool = False,
    interrupt_each_layer: bool = False,
) -> CompiledProgram:
    """Compiles a workload's denoising steps to queues of descriptors and a memory image.

    Args:
        workload: A shipped workload's name, a folder, or a loaded one.
        config: A preset, a TOML file, or a configuration.
        flow: Execution flow.
        step: The step of a sampling run on which products are cut as is cheapest, and whose
            cycles and bytes are told; the first is 0.
        steps: Denoising steps of that run; the workload's own if None.
        seed: Of its noise.
        products: Only the matrix products of ``step``, all their operands in the image.
        interrupt_each_layer: The interrupt at the end of each layer, not only of the queue.

    Raises DittosimError where the machine does not run the workload, and says what would do.
    """
    name = chosen(FlowName, flow, "flow")
    mode = machine_flow(name)
    machine = machine_of(config)
    run = Run.of(load_workload(workload), steps, seed=seed)
    run.check_step(step)
    from dittosim.programs.listing import compile_steps
    from dittosim.programs.products import compile_products

    title = (
        f"{run.workload.name} ({name.value}) on {config_name(config)}, {run.describe_step(step)}"
    )
    compiled = (compile_products if products else compile_steps)(
        run, machine, mode, step, title, interrupts=interrupt_each_layer
    )
    listing = {
        "workload": run.workload.name,
        "flow": name.value,
        "steps": run.steps,
        "step": step,
        "seed": seed,
        **compiled.listing,
    }
    return CompiledProgram(compiled.memory, compiled.descriptors, listing, compiled.explanation)


def _rows(queue: str, entry: Mapping[str, Any], variant: str | None) -> Iterator[dict[str, Any]]:
    yield _row(queue, entry["name"], entry["node"], entry["op"], variant, entry)
    for mode, entries in entry.get("variants", {}).items():
        for one in entries:
            yield from _rows(queue, one, mode)


def _row(
    queue: str, name: str, node: str, op: str, variant: str | None, entry: Mapping[str, Any]
) -> dict[str, Any]:
    moved = sum(entry["bytes"].values()) if "bytes" in entry else None
    return {
        "queue": queue,
        "layer": name,
        "node": node,
        "op": op,
        "mode": entry.get("mode"),
        "variant": variant,
        "address": entry.get("address"),
        "cycles": entry.get("cycles"),
        "bytes": moved,
    }
