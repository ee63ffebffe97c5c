"""Steps of a program beside those of the integer model."""

from itertools import islice

import numpy as np

from golden.accelerator.program import LayerRun
from golden.denoising.denoiser import Denoiser
from golden.denoising.samplers import Sampler, images_by_step
from golden.difference.layer import AttentionLayer
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.step.compilation import tensor_layouts
from golden.step.program import Entry, StepProgram
from golden.step.sampling import Choose, ProgramDenoiser, first_modes
from golden.workload.workload import Workload


def assert_steps_equal(
    program: StepProgram,
    workload: Workload,
    steps: int,
    seed: int = 0,
    choose: Choose = first_modes,
) -> None:
    """Predicted noise and the sums of every product, whatever lay in memory before."""
    layouts = tensor_layouts(workload, program.config)
    expected: dict[str, LayerStep] = {}
    seen: set[tuple[str, int]] = set()

    def observe(layer_step: LayerStep) -> None:
        expected[layer_step.layer.name] = layer_step

    def watch(step: int, entry: Entry, run: LayerRun | None) -> None:
        if run is None:
            return
        of = entry.product
        assert of is not None
        found, layer_step = run.accumulators(), expected[of.layer]
        head = of.head or 0
        wanted = layer_step.accumulators[head]
        if isinstance(layer_step.layer, AttentionLayer):
            if of.number:  # the other one adds to its sums
                return
            found = found[: wanted.shape[0], : wanted.shape[1]]
        else:
            found = found[:, layouts[of.layer].map.positions]
        np.testing.assert_array_equal(found, wanted, f"step {step}, {entry.name}")
        seen.add((of.layer, head))

    labels = workload.labels(1)
    flow = program.flow if isinstance(program.flow, Mode) else Mode.TEMPORAL
    integer = Denoiser(workload.integer, workload.weights, lambda _: flow, labels, observe)
    denoiser = ProgramDenoiser(program, workload, labels, watch, choose)
    rest = denoiser.memory[program.constant_bytes :]
    rest[:] = np.random.default_rng(seed).integers(0, 256, len(rest), np.uint8)

    def both(image: np.ndarray, time: int) -> np.ndarray:
        wanted = integer(image, time)
        seen.clear()
        np.testing.assert_array_equal(denoiser(image, time), wanted)
        assert seen == {
            (name, head)
            for name, layer_step in expected.items()
            for head in range(len(layer_step.accumulators))
        }
        return wanted

    schedule, noise = workload.description.schedule, workload.noise(1, seed)
    images = images_by_step(Sampler.DDIM, both, noise, schedule, workload.steps(), seed)
    assert len(list(islice(images, steps))) == steps
    size = program.constant_bytes
    np.testing.assert_array_equal(denoiser.memory[:size], program.memory[:size])
