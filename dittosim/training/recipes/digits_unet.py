"""Trains digits-unet and writes its workload folder.

``python -m dittosim.training.recipes.digits_unet`` needs the extra ``train`` and takes under
half an hour on two cores.
"""

from dittosim.training.recipe import train_workload
from golden.network.unet import unet

if __name__ == "__main__":
    train_workload(
        "digits-unet",
        unet(32, 64, width=64),
        "DDPM U-Net with self attention at 16 x 16, scikit-learn's handwritten digits",
        iterations=9000,
    )
