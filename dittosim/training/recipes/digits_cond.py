"""Trains digits-cond and writes its workload folder.

``python -m dittosim.training.recipes.digits_cond`` needs the extra ``train`` and takes under
an hour on two cores.
"""

from dittosim.training.recipe import CLASSES, train_workload
from golden.network.unet import unet

if __name__ == "__main__":
    train_workload(
        "digits-cond",
        unet(32, 64, width=64, classes=CLASSES),
        "DDPM U-Net that attends to the class asked for, 16 x 16 handwritten digits",
        iterations=9000,
    )
