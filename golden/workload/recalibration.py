"""A workload with formats chosen anew from its float32 weights."""

from dataclasses import replace

from golden.denoising.calibration import CALIBRATION_IMAGES, Calibration, calibrate
from golden.workload.workload import Workload


def recalibrated(workload: Workload, method: Calibration) -> Workload:
    """``workload`` with the formats that ``method`` gives it, from its own number of steps."""
    d = workload.description
    formats = calibrate(
        d.graph,
        workload.weights,
        d.schedule,
        workload.noise(CALIBRATION_IMAGES, seed=0),
        d.steps,
        workload.labels(CALIBRATION_IMAGES),
        method,
    )
    return replace(workload, description=d.model_copy(update={"formats": formats}))
