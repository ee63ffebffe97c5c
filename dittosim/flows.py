"""Execution flows by the names that commands take."""

from enum import StrEnum

import numpy as np

from golden.denoising.denoiser import Flow
from golden.difference.layer import AttentionLayer
from golden.difference.layer_step import LayerInput
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.flow.defo import Defo
from golden.step.program import Choosing, Mixed, ProgramFlow


class FlowName(StrEnum):
    """Execution flows, and the float32 model they stand for."""

    ORIGINAL = "original"
    TEMPORAL = "temporal"
    SPATIAL = "spatial"
    DEFO = "defo"
    DEFO_PLUS = "defo+"
    RAW_ATTENTION = "raw-attention"
    FLOAT = "float"


MODES = {
    FlowName.ORIGINAL: Mode.ACT,
    FlowName.TEMPORAL: Mode.TEMPORAL,
    FlowName.SPATIAL: Mode.SPATIAL,
}
"""Flows whose layers all run in one mode"""


def machine_flow(flow: FlowName) -> ProgramFlow:
    """What a program is compiled for; DittosimError if the machine has no such flow."""
    if flow is FlowName.FLOAT:
        raise DittosimError("--flow float: machines compute in integers; choose another flow")
    if flow is FlowName.RAW_ATTENTION:
        return Mixed.RAW_ATTENTION
    return MODES.get(flow) or Choosing(flow.value)


def golden_flow(flow: FlowName) -> Flow | Mode:
    """What the integer model takes for a flow other than float."""
    match flow:
        case FlowName.DEFO:
            return Defo(_slots)
        case FlowName.DEFO_PLUS:
            return Defo(_slots, Mode.SPATIAL)
        case FlowName.RAW_ATTENTION:
            return _raw_attention
        case _:
            return MODES[flow]


def _raw_attention(layer_input: LayerInput) -> Mode:
    raw = layer_input.step == 0 or isinstance(layer_input.layer, AttentionLayer)
    return Mode.ACT if raw else Mode.TEMPORAL


def _slots(layer_input: LayerInput, mode: Mode) -> float:
    """What a layer costs, where no machine is given: its multiplications."""
    return float(
        sum(
            np.count_nonzero(product.differences(mode)) * product.weights.shape[-1]
            for product in layer_input.products(mode)
        )
    )
