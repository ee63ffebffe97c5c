"""Trains digits-unet and writes its workload folder.

``python -m golden.workloads.digits_unet.train`` needs the extra ``train`` and takes under
half an hour on two cores.
"""

from pathlib import Path

from golden.models.unet import unet
from golden.training.recipe import train_workload

if __name__ == "__main__":
    train_workload(
        Path(__file__).parent,
        unet(32, 64, width=64),
        "DDPM U-Net with self attention at 16 x 16, scikit-learn's handwritten digits",
        iterations=9000,
    )
