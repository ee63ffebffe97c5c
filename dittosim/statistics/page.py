"""The statistics of a run as one HTML page that needs no other file."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from dittosim.drawing import Figure
from dittosim.plots import bit_widths_figure
from dittosim.statistics import paper, plots, tables
from dittosim.statistics.averages import bit_widths
from dittosim.statistics.report import Report


@dataclass(frozen=True)
class Picture:
    """A plot with what it shows and what the paper says."""

    name: str
    """Of its file, without ending"""
    caption: str
    paper: str
    draw: Callable[[Report], Figure]


@dataclass(frozen=True)
class Section:
    """A part of the page."""

    title: str
    text: str
    pictures: Sequence[Picture]
    tables: Sequence[Callable[[Report], tables.Table]]


SECTIONS = [
    Section(
        "Similarity",
        "Inputs of the layers, relative to the zero point, as the array multiplies them. The "
        "temporal cosine is that of all of an image's values at a step and at the one before; the "
        "spatial cosine is that of a row (a pixel with its window, or a token) and the row before "
        "it. A range is the largest minus the smallest value of an image. All are averaged over "
        "images and steps, from the second step on.",
        [
            Picture(
                "cosine",
                "One minus the cosine of each layer's input with that of the previous step.",
                f"a cosine of {paper.TEMPORAL_COSINE} on average, in no model below 0.947.",
                plots.cosine_figure,
            ),
            Picture(
                "neighbours",
                "Cosine of each layer's input with that of the previous step, and of neighbouring "
                "rows of it.",
                f"average {paper.TEMPORAL_COSINE} temporal, {paper.SPATIAL_COSINE} spatial.",
                plots.neighbour_figure,
            ),
            Picture(
                "ranges",
                "How many times narrower the differences of a layer are than its values.",
                f"average {paper.RANGE_RATIO} for temporal differences, 2.44 (CHUR) to 25.02 "
                "(DDPM).",
                plots.range_figure,
            ),
        ],
        [tables.similarity_table],
    ),
    Section(
        "Bit widths",
        "Elements that are zero, fit one 4-bit digit, or need more, among those that a mode "
        "multiplies; attention whose operands both change has two operations on temporal "
        "differences. From the second step on.",
        [
            Picture(
                "bit_widths",
                "Bits that the elements of each layer need in each mode.",
                "44.48 / 51.52 / 3.99 % on temporal differences (its bar is the last one).",
                lambda report: bit_widths_figure(bit_widths(report)),
            ),
            Picture(
                "zeros",
                "Share of temporal differences that are zero, per layer and step.",
                "44.48 % on average.",
                plots.zero_figure,
            ),
        ],
        [tables.width_table],
    ),
    Section(
        "Bit operations",
        "An element costs 0, 4 x 8 or 8 x 8 bit operations for every weight that it is multiplied "
        "with. Dense means 8 x 8 for every element of the original activations.",
        [
            Picture(
                "operations",
                "Bit operations of all layers at each step, relative to dense ones.",
                f"temporal differences take {paper.BOPS_BELOW_ORIGINAL} % fewer than the original "
                f"and {paper.BOPS_BELOW_SPATIAL} % fewer than spatial ones, steady over the steps.",
                plots.operations_figure,
            ),
        ],
        [tables.operations_table],
    ),
    Section(
        "Memory traffic",
        "Every tensor and every weight moves once per layer and step. Temporal differences also "
        "load the previous input and the previous sums (32 bits), and store the sums. The static "
        "analysis leaves out what non-linear functions do not need (linear rule, the paper's), or "
        "what integer execution that is equal bit for bit does not need (exact rule). Under Defo, "
        "layers on differences are counted as if their neighbours ran on differences, too. The "
        "whole run, first step included.",
        [
            Picture(
                "traffic",
                "Bytes by kind of each execution flow, and their ratio to the original's.",
                f"{paper.TEMPORAL_ACCESSES}x without static analysis, {paper.DEFO_ACCESSES}x with "
                f"Defo, {paper.DEFO_PLUS_ACCESSES}x with Defo+.",
                plots.traffic_figure,
            ),
        ],
        [tables.traffic_table, tables.layer_traffic_table, tables.savings_table],
    ),
    Section(
        "Defo",
        "A layer takes the longer of computing and of moving its bytes. Defo counts the first "
        "step on original activations and the second on temporal differences, and then keeps each "
        "layer in the cheaper mode; Defo+ falls back to spatial differences instead. The oracle "
        "takes the cheapest mode at every step, after a first one that stores all sums as Defo's "
        "does; regret is what Defo takes beyond it. The original skips zeros and halves of 8-bit "
        "elements like the others.",
        [
            Picture(
                "decisions",
                "The mode that each layer runs in, and a cross wherever another would have been "
                "cheaper.",
                f"{paper.DEFO_ACCURACY:.0f} % of the decisions are right, {paper.DEFO_CHANGED} % "
                "of the layers change (Stable Diffusion).",
                plots.decision_figure,
            ),
            Picture(
                "cycles",
                "Cycles of an image in each execution flow, and the speedup over the original.",
                "Defo gains 18.32 % performance.",
                plots.cycles_figure,
            ),
        ],
        [tables.flow_table, tables.decision_table],
    ),
]


PICTURES = [picture.name for section in SECTIONS for picture in section.pictures]
"""Names of their files, without ending"""


def draw_pictures(report: Report) -> dict[str, bytes]:
    """PNG of every picture, by name."""
    return {p.name: p.draw(report).png() for section in SECTIONS for p in section.pictures}


def render_page(report: Report, pictures: Mapping[str, bytes]) -> str:
    """The page, the same to the byte from run to run."""
    environment = Environment(
        loader=PackageLoader("dittosim"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["base64"] = lambda data: base64.b64encode(data).decode()
    template = environment.get_template("statistics.html")
    return template.render(
        report=report,
        summary=tables.summary_table(report),
        sections=[(section, [table(report) for table in section.tables]) for section in SECTIONS],
        pictures=pictures,
    )
