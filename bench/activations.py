"""Activations that benchmarks run on: one image of ``digits-unet``, recorded once per process."""

from functools import cache

from golden.denoiser import LayerStep
from golden.matmul import Mode
from golden.workload import load_workload


@cache
def layer_steps(first: int, count: int) -> tuple[LayerStep, ...]:
    """All layers at ``count`` denoising steps from step ``first`` on."""
    found: list[LayerStep] = []

    def observe(layer_step: LayerStep) -> None:
        if first <= layer_step.step < first + count:
            found.append(layer_step)

    workload = load_workload("digits-unet")
    workload.sample(Mode.ACT, workload.noise(1, 0), observer=observe)
    return tuple(found)
