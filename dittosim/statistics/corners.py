"""A dense model and its pruned ones, on original activations and under Ditto, side by side."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from dittosim.plots import percentages
from dittosim.quality.evaluation import Quality
from dittosim.statistics.averages import bit_widths, flow_bytes, layer_averages
from dittosim.statistics.report import DEFO, Report
from dittosim.statistics.tables import NONE, Table
from golden.difference.bit_widths import BitWidths
from golden.difference.matmul import Mode
from golden.pruning.cost import total_cost
from golden.wording import number_of

FLOWS = ("original", "temporal", DEFO)


@dataclass(frozen=True)
class Corner:
    """A model under an execution flow, all steps of one image."""

    macs: int
    slots: float
    """Non-zero 4-bit digits of the elements, each multiplied with all columns"""
    bit_operations: float
    cycles: float
    bytes: int


@dataclass(frozen=True)
class Measured:
    """A model, what its run holds and how good its images are."""

    report: Report
    quality: Quality
    """The same under every flow, since all give the same images"""

    @property
    def name(self) -> str:
        """Of the workload."""
        return self.report.workload.name

    @cached_property
    def corners(self) -> dict[str, Corner]:
        """By execution flow."""
        report, d = self.report, self.report.workload.description
        macs = report.steps * total_cost(d.graph, d.image_shape).macs
        moved = flow_bytes(report)
        moved["temporal"] = moved[f"temporal, {report.rule} rule"]
        images = report.statistics.images
        found = {}
        for flow in FLOWS:
            entries = [
                report.statistics.entries[self._mode(flow, layer, step), layer, step]
                for layer in report.layers
                for step in range(report.steps)
            ]
            found[flow] = Corner(
                macs,
                sum(entry.widths.slots for entry in entries) / images,
                sum(entry.bit_operations for entry in entries) / images,
                report.flow_cycles[flow],
                moved[flow].total,
            )
        return found

    @cached_property
    def widths(self) -> dict[Mode, BitWidths]:
        """Of all layers, from the second step on."""
        by_mode = bit_widths(self.report).items()
        return {mode: sum(layers.values(), BitWidths()) for mode, layers in by_mode}

    @cached_property
    def density(self) -> dict[str, float]:
        """Slots per element of each layer's temporal differences, from the second step on."""
        layers = bit_widths(self.report)[Mode.TEMPORAL].items()
        return {name: widths.slots / widths.elements for name, widths in layers}

    def figures(self) -> dict[str, Any]:
        """All of it, for --json."""
        return {
            "corners": {flow: asdict(corner) for flow, corner in self.corners.items()},
            "frechet_distance": self.quality.distance,
            "accuracy": self.quality.accuracy,
            "bit_widths_percent": {
                mode.value: percentages(widths) for mode, widths in self.widths.items()
            },
            "temporal_slots_per_element": self.density,
        }

    def _mode(self, flow: str, layer: str, step: int) -> Mode:
        if flow == DEFO:
            return self.report.judgements[DEFO].modes[layer][step]
        return Mode.TEMPORAL if flow == "temporal" else Mode.ACT


def corner_table(models: Sequence[Measured]) -> Table:
    """Work, time and traffic of each corner; gains are over the first model's original run."""
    first = models[0].corners[FLOWS[0]]
    report = models[0].report
    rows: list[Sequence[str]] = []
    for model in models:
        macs = next(iter(model.corners.values())).macs
        rows.append((model.name, f"{macs / 1e6:,.0f}", *[""] * 6))
        rows += [
            (
                f"  {flow}",
                "",
                f"{corner.slots / 1e6:,.2f}",
                f"{corner.bit_operations / 1e9:,.2f}",
                f"{corner.cycles / 1e6:,.3f}",
                f"{corner.bytes / 1e6:,.2f}",
                f"{first.cycles / corner.cycles:.2f}",
                f"{first.bytes / corner.bytes:.2f}",
            )
            for flow, corner in model.corners.items()
        ]
    return Table(
        f"an image in {number_of(report.steps, 'step')} on '{report.config}', "
        f"{report.bytes_per_cycle} bytes per cycle",
        (
            "model\n  flow",
            "MMACs",
            "Mslots",
            "GBOPs",
            "Mcycles",
            "MB",
            "gain\ncycles",
            "gain\nbytes",
        ),
        rows,
    )


def difference_table(models: Sequence[Measured], images: int) -> Table:
    """What pruning does to images and to temporal differences."""

    def row(model: Measured) -> Sequence[str]:
        temporal, original = model.widths[Mode.TEMPORAL], model.widths[Mode.ACT]
        accuracy = model.quality.accuracy
        return [
            model.name,
            f"{model.quality.distance:.2f}",
            NONE if accuracy is None else f"{100 * accuracy:.1f}",
            f"{layer_averages(model.report)['cosine_temporal'].mean():.4f}",
            *(f"{share:.1f}" for share in percentages(temporal)),
            f"{original.slots / original.elements:.3f}",
            f"{temporal.slots / temporal.elements:.3f}",
        ]

    return Table(
        f"quality of {number_of(images, 'image')}; temporal differences",
        (
            "model",
            "Frechet\ndistance",
            "read\n%",
            "cosine",
            "zero\n%",
            "4 bits\n%",
            "more\n%",
            "slots*\norig.",
            "slots*\ntemp.",
        ),
        [row(model) for model in models],
    )


def density_table(models: Sequence[Measured]) -> Table:
    """Slots per element of each layer's temporal differences."""
    return Table(
        "temporal differences: slots*",
        ("layer", *(model.name for model in models)),
        [
            (
                layer,
                *(f"{m.density[layer]:.3f}" if layer in m.density else NONE for m in models),
            )
            for layer in models[0].density
        ],
    )
