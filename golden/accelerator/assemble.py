"""The descriptor of a planned layer."""

from dataclasses import dataclass

from golden.accelerator.descriptor import Descriptor, ModeCode
from golden.accelerator.plan import Plan
from golden.difference.matmul import Mode


@dataclass(frozen=True)
class Addresses:
    """Where a layer's tensors lie in memory, in bytes."""

    inputs: int
    weights: int
    results: int
    reference: int = 0
    previous: int = 0


def assemble(
    plan: Plan,
    mode: Mode,
    zero_point: int,
    addresses: Addresses,
    *,
    weights_wait: bool = False,
    inputs_wait: bool = False,
    weights_wait_vectors: bool = False,
    inputs_wait_vectors: bool = False,
    inputs_first: int = 0,
    inputs_step: int = 0,
    interrupt: bool = False,
) -> Descriptor:
    """The descriptor that runs ``plan`` in ``mode``.

    Operands that wait are loaded when all products, or vector layers, before it are in memory; if
    not 0, ``inputs_first`` transfers of the last vector layer and ``inputs_step`` more for each
    block of rows suffice for inputs. ``interrupt`` is raised when this one is in memory.
    """
    return Descriptor(
        mode=ModeCode.of(mode),
        interrupt=int(interrupt),
        weights_wait=int(weights_wait),
        inputs_wait=int(inputs_wait),
        weights_wait_vectors=int(weights_wait_vectors),
        inputs_wait_vectors=int(inputs_wait_vectors),
        inputs_first=inputs_first,
        inputs_step=inputs_step,
        inputs_address=addresses.inputs,
        reference_address=addresses.reference,
        weights_address=addresses.weights,
        previous_address=addresses.previous,
        results_address=addresses.results,
        zero_point=zero_point,
        **plan.sizes,
    )
