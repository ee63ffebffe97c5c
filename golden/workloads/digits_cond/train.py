"""Trains digits-cond and writes its workload folder.

``python -m golden.workloads.digits_cond.train`` needs the extra ``train`` and takes under
an hour on two cores.
"""

from pathlib import Path

from golden.models.unet import unet
from golden.training.recipe import CLASSES, train_workload

if __name__ == "__main__":
    train_workload(
        Path(__file__).parent,
        unet(32, 64, width=64, classes=CLASSES),
        "DDPM U-Net that attends to the class asked for, 16 x 16 handwritten digits",
        iterations=9000,
    )
