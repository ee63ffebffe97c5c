"""What a model asks of the array in a step of a design's flow, as products on a machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from dittosim.designs.design import Design, Model
from dittosim.flows import FlowName
from dittosim.layers.models.products import products
from dittosim.layers.models.shipped import MODELS
from dittosim.layers.models.table import Kind, ModelLayer
from dittosim.plots import PAPER_BIT_WIDTHS
from golden.accelerator.shape import LayerShape
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from sim.designs.cambricon_d import RAW_SLOTS
from tb.stimuli.layer_of_shape import fitting_shape


@dataclass(frozen=True)
class ArrayProduct:
    """Equal products of a model."""

    what: str
    """Kind of layer, and sizes"""
    shape: LayerShape
    """In which the machine runs it"""
    mode: Mode
    count: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all of them."""
        return self.count * self.shape.rows * self.shape.k * self.shape.columns


def model_products(model: str, design: Design, config: MachineConfig) -> list[ArrayProduct]:
    """The products of a step after the first; what the host computes is left out.

    Of ``config`` beats and bus matter alone.
    """
    found: dict[tuple[LayerShape, Mode], ArrayProduct] = {}
    for layer in _layers(model):
        mode = _mode(layer, design)
        for one in products([layer], mode):
            shape = fitting_shape(one.shape, config)
            what = f"{layer.kind} {shape.rows:,} x {one.shape.k:,} x {shape.columns:,}"
            before = found.get((shape, mode))
            count = one.count + (before.count if before else 0)
            found[shape, mode] = ArrayProduct(what, shape, mode, count)
    return list(found.values())


@cache
def _layers(model: str) -> tuple[ModelLayer, ...]:
    return tuple(layer for layer in MODELS[model].layers() if not layer.conditional)


def _mode(layer: ModelLayer, design: Design) -> Mode:
    """Defo's choices are not known without values: all that can run on differences does."""
    match design.flow:
        case FlowName.ORIGINAL:
            return Mode.ACT
        case FlowName.SPATIAL:
            return Mode.SPATIAL
        case FlowName.RAW_ATTENTION if layer.kind is Kind.PRODUCT:
            return Mode.ACT
        case _:
            return Mode.TEMPORAL


def moved_as(mode: Mode, design: Design) -> Mode:
    """As what a product moves its tensors: with a sign mask nothing of the step before."""
    return Mode.ACT if design.model is Model.CAMBRICON_D else mode


def slots(mode: Mode, design: Design, kind: TileKind) -> float:
    """Cycles of a lane for an element, on the paper's averages of bit widths."""
    _, narrow, wide = (share / 100 for share in PAPER_BIT_WIDTHS[mode])
    if design.model:
        return RAW_SLOTS if mode is Mode.ACT else 1
    match kind:
        case TileKind.DITTO:
            return narrow + 2 * wide
        case TileKind.BIT_WIDTH:
            return 1 + wide
        case TileKind.SPARSITY:
            return 2 * (narrow + wide)
        case TileKind.DENSE:
            return 1


def all_products(design: Design, config: MachineConfig) -> dict[str, list[ArrayProduct]]:
    """Of all models, by name."""
    return {model: model_products(model, design, config) for model in MODELS}


def alike(design: Design) -> str:
    """The same for designs of which all figures are."""
    modes = [_mode(layer, design) for layer in _layers("sdm")]
    return repr((sorted(design.machine.items()), design.multiplier_bits, design.model, modes))


def assumptions(design: Design, kind: TileKind) -> Iterator[str]:
    """What the figures of a design rest on, beside shapes."""
    if kind is not TileKind.DENSE or design.model:
        values = ", ".join(f"{slots(mode, design, kind):.2f} {mode}" for mode in Mode)
        yield f"waits: cycles of a lane for an element, the same in all lanes: {values}"
    if kind is not TileKind.DENSE:
        yield "lanes that wait for the fullest one, as tiles that skip have them, are in no figure"
    if design.flow in (FlowName.DEFO, FlowName.DEFO_PLUS):
        yield "all on temporal differences: Defo's choices need values"
