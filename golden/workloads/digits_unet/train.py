"""Trains digits-unet and writes its workload folder.

``python -m golden.workloads.digits_unet.train`` needs the extra ``train`` and takes under
half an hour on two cores.
"""

import argparse
from pathlib import Path

import numpy as np

from golden.calibration import calibrate
from golden.diffusion import Schedule
from golden.training.denoiser import train_denoiser
from golden.training.digits import digit_images
from golden.unet import unet
from golden.workload import WorkloadDescription, save_workload

STEPS = 50
CALIBRATION_IMAGES = 64


def main() -> None:
    """Trains, calibrates and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iterations", type=int, default=9000)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()

    images = digit_images(16)
    graph = unet(32, 64, width=64)
    schedule = Schedule(timesteps=1000, beta_first=1e-4, beta_last=0.02)
    weights = train_denoiser(graph, images, schedule, iterations=arguments.iterations)
    shape = images.shape[1:]
    noise = np.random.default_rng(0).standard_normal((CALIBRATION_IMAGES, *shape))
    description = WorkloadDescription(
        summary="DDPM U-Net with self attention at 16 x 16, scikit-learn's handwritten digits",
        image_shape=shape,
        steps=STEPS,
        schedule=schedule,
        graph=graph,
        input_formats=calibrate(graph, weights, schedule, noise, STEPS),
    )
    save_workload(arguments.output, description, weights)


if __name__ == "__main__":
    main()
