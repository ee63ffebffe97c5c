"""A sampling run of a captured model, on a schedule of noise or of flow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dittosim.capture.flow import flow_scheduler, sample_flow
from dittosim.capture.guidance import Guidance
from dittosim.capture.model import CapturedModel
from dittosim.capture.quantizing import Ranges
from dittosim.capture.shares import MacShares
from dittosim.importing.flow_schedule import FlowSchedule
from golden.denoising.diffusion import Schedule
from golden.denoising.samplers import Sampler, sample


@dataclass(frozen=True)
class Sampling:
    """What a run needs beside the model; every run of it is the same."""

    schedule: Schedule | FlowSchedule
    steps: int
    seed: int
    guidance: Guidance
    image_shape: tuple[int, int, int]
    images: int
    tokens: int
    """Of an image, by which a flow's times are shifted"""
    packed: bool = False
    """Whether a flow's times are Flux's"""
    sampler: Sampler = Sampler.DDIM
    """On a schedule of noise"""

    def noise(self, draw: int = 0) -> np.ndarray:
        """The images before the first step, float32; other ``draw``, other noise."""
        rng = np.random.default_rng(self.seed if draw == 0 else [self.seed, draw])
        return rng.standard_normal((self.images, *self.image_shape)).astype(np.float32)

    def first_time(self) -> float:
        """The time of the first step; DittosimError if the schedule's options contradict."""
        if isinstance(self.schedule, Schedule):
            return int(self.schedule.times(self.steps)[0])
        return float(self._times(self.schedule).timesteps[0])

    def run(self, model: CapturedModel, stepped: Callable[[], None]) -> np.ndarray:
        """Images from noise, float32; calls ``stepped`` after each step's evaluation."""

        def denoise(image: np.ndarray, time: float) -> np.ndarray:
            predicted = self.guidance.predict(model, image, time)
            stepped()
            return predicted

        if isinstance(self.schedule, Schedule):
            return sample(self.sampler, denoise, self.noise(), self.schedule, self.steps, self.seed)
        return sample_flow(self._times(self.schedule), denoise, self.noise(), self.seed)

    def find_ranges(
        self, model: CapturedModel, ranges: Ranges, stepped: Callable[[], None]
    ) -> MacShares:
        """Lets ``ranges`` see a run, and says where the multiply-accumulates go.

        Of the pass with the condition if there are two.
        """
        first, inputs = self.first_time(), self.guidance.inputs
        counted = model.counted_macs(self.noise(), first, inputs)
        model.watcher.seen = ranges.see
        self.run(model, stepped)
        if self.steps == 1:
            # What depends on neither image nor time is known by a second step.
            model.watcher.seen = ranges.compare
            other = first / 2 if isinstance(first, float) else first - 1 if first else 1
            self.guidance.predict(model, self.noise(draw=1), other)
        return MacShares.of(model.watcher.macs, model.watcher.vectors, ranges, counted)

    def _times(self, schedule: FlowSchedule) -> Any:
        return flow_scheduler(schedule, self.steps, self.tokens, packed=self.packed)
