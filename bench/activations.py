"""Activations that benchmarks run on, recorded once per process."""

from functools import cache

from golden.difference.layer_step import LayerStep
from golden.workload.run import Run
from golden.workload.workload import load_workload


@cache
def layer_steps(step: int, images: int) -> tuple[LayerStep, ...]:
    """All layers of ``digits-unet`` at one denoising step of ``images`` images."""
    found: list[LayerStep] = []

    def observe(layer_step: LayerStep) -> None:
        if layer_step.step == step:
            found.append(layer_step)

    Run.of(load_workload("digits-unet"), images=images).observe(observe, last_step=step)
    return tuple(found)


def all_layer_steps(images: int) -> list[LayerStep]:
    """All layers of ``digits-unet`` at all denoising steps of ``images`` images."""
    found: list[LayerStep] = []
    Run.of(load_workload("digits-unet"), images=images).observe(found.append)
    return found
