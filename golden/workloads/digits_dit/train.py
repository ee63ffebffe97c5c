"""Trains digits-dit and writes its workload folder.

``python -m golden.workloads.digits_dit.train`` needs the extra ``train`` and takes under
an hour on two cores.
"""

from pathlib import Path

from golden.models.dit import dit
from golden.training.recipe import CLASSES, SIZE, train_workload

if __name__ == "__main__":
    train_workload(
        Path(__file__).parent,
        dit(SIZE, 64, depth=4, patch=2, heads=4, classes=CLASSES),
        "Diffusion transformer (DiT) with classes, 16 x 16 handwritten digits",
        iterations=16000,
        batch=64,
        rate=1e-3,
    )
