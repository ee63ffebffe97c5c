"""A sampling run: what is meant by the activations of a workload at a step."""

from dataclasses import dataclass

import numpy as np

from golden.denoising.denoiser import Observer
from golden.denoising.samplers import Sampler
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.wording import number_of
from golden.workload.workload import Workload


@dataclass(frozen=True)
class Run:
    """Noise turned into images in a number of steps, on the integer model.

    Every command that times, lowers or verifies a workload takes its activations from such a run,
    so that a step is the same step in all of them.
    """

    workload: Workload
    steps: int
    images: int = 1
    seed: int = 0
    """Of the noise"""
    sampler: Sampler = Sampler.DDIM

    @classmethod
    def of(
        cls, workload: Workload, steps: int | None = None, *, images: int = 1, seed: int = 0
    ) -> "Run":
        """The workload's run in ``steps`` steps, its own number of them if None.

        DittosimError if there are more than diffusion times.
        """
        return cls(workload, workload.steps(steps), images, seed)

    def check_step(self, step: int) -> None:
        """Raises DittosimError if the run has no such step; they count from 0."""
        if not 0 <= step < self.steps:
            raise DittosimError(
                f"--step {step}: {self.workload.name} runs in {number_of(self.steps, 'step')} "
                f"here, the last is {self.steps - 1}; choose it or an earlier one, or a longer "
                "run with --steps"
            )

    def describe_step(self, step: int) -> str:
        """Which step of how many, in words."""
        first = ", the first, without a step before it" if step == 0 else ""
        return f"step {step} of {self.steps} (0 to {self.steps - 1}){first}"

    def observe(self, observer: Observer, *, last_step: int | None = None) -> np.ndarray:
        """Samples, ``observer`` seeing each layer at each step, to the end or to ``last_step``.

        Layers run in ACT, whose sums are those of any mode. Returns the images, float32 (images,
        height, width, channels). Raises DittosimError if there is no such step.
        """
        if last_step is not None:
            self.check_step(last_step)
        noise = self.workload.noise(self.images, self.seed)
        return self.workload.sample(
            Mode.ACT,
            noise,
            self.steps,
            observer,
            sampler=self.sampler,
            seed=self.seed,
            last_step=last_step,
        )
