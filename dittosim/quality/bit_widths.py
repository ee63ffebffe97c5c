"""How few bits a workload's temporal differences need, which its formats decide."""

import numpy as np

from golden.difference.bit_widths import BitWidths
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.formats.encoding import Encoding
from golden.workload.workload import Workload


def temporal_bit_widths(
    workload: Workload, noise: np.ndarray, steps: int | None = None
) -> BitWidths:
    """Bit widths of all layers' differences from the second step on, over a run from ``noise``."""
    total = BitWidths()

    def observe(layer_step: LayerStep) -> None:
        nonlocal total
        if layer_step.previous:
            for product in layer_step.products(Mode.TEMPORAL):
                differences = product.differences(Mode.TEMPORAL)
                total += BitWidths.of(differences, Encoding.SIGN_MAGNITUDE)

    workload.sample(Mode.ACT, noise, steps, observe)
    return total
