"""Trains digits-dit and writes its workload folder.

``python -m dittosim.training.recipes.digits_dit`` needs the extra ``train`` and takes under
an hour on two cores.
"""

from dittosim.training.recipe import CLASSES, SIZE, train_workload
from golden.network.dit import dit

if __name__ == "__main__":
    train_workload(
        "digits-dit",
        dit(SIZE, 64, depth=4, patch=2, heads=4, classes=CLASSES),
        "Diffusion transformer (DiT) with classes, 16 x 16 handwritten digits",
        iterations=16000,
        batch=64,
        rate=1e-3,
    )
