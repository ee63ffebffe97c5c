"""Trains the classifier of digits and writes its file.

``python -m dittosim.training.recipes.classifier`` needs the extra ``train`` and takes half a
minute on one core.
"""

import numpy as np
import torch

from dittosim.quality.classifier import GRAPH, IMAGE_SHAPE, read
from dittosim.quality.frechet import Gaussian, frechet_distance
from dittosim.quality.reference import Reference, reference_path
from dittosim.training.digits import digits
from dittosim.training.torch_graph import TorchGraph

SEED = 0
HELD_OUT = 360
"""A fifth of the digits."""
ITERATIONS = 3000
BATCH = 64
RATE = 3e-3
SHIFT = 1
"""Pixels, either way"""
NOISE = 0.05
"""Standard deviation; black to white is 2"""
HALVINGS = 20


def augmented(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """``images`` float32 (count, height, width, 1), each shifted a little and made noisy."""
    count, height, width, _ = images.shape
    margin = (SHIFT, SHIFT)
    padded = np.pad(images, ((0, 0), margin, margin, (0, 0)), constant_values=-1)
    down, right = rng.integers(0, 2 * SHIFT + 1, (2, count, 1, 1))
    rows = down + np.arange(height)[:, None]
    columns = right + np.arange(width)
    shifted = padded[np.arange(count)[:, None, None], rows, columns]
    return shifted + NOISE * rng.standard_normal(images.shape, np.float32)


def train_classifier(
    images: np.ndarray, labels: np.ndarray, iterations: int = ITERATIONS
) -> dict[str, np.ndarray]:
    """Returns trained weights by ``node.parameter``, float32.

    ``images`` are float32 (count, 16, 16, 1) in [-1, 1], ``labels`` int64 (count,) their classes.
    """
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    model = TorchGraph(GRAPH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-2)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=RATE, total_steps=iterations, pct_start=0.1
    )
    no_time = torch.zeros(BATCH, dtype=torch.int64)
    for _ in range(iterations):
        chosen = rng.integers(0, len(images), BATCH)
        scores = model(torch.from_numpy(augmented(images[chosen], rng)), no_time)
        loss = torch.nn.functional.cross_entropy(scores[:, 0, 0], torch.from_numpy(labels[chosen]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    return model.arrays()


def mean_halves_distance(features: np.ndarray, rng: np.random.Generator) -> float:
    """Frechet distance between random halves of ``features`` (count, n), mean of several."""
    distances = []
    for _ in range(HALVINGS):
        first, second = np.array_split(rng.permutation(features), 2)
        distances.append(frechet_distance(Gaussian.of(first), Gaussian.of(second)))
    return float(np.mean(distances))


def main() -> None:
    """Trains on four fifths of the digits, chosen at random; the rest is the test."""
    torch.set_num_threads(1)  # the same sums, and so the same file, on any number of cores
    images, labels = digits(IMAGE_SHAPE[0])
    rng = np.random.default_rng(SEED)
    test, training = np.split(rng.permutation(len(images)), [HELD_OUT])
    weights = train_classifier(images[training], labels[training])
    accuracy = float((read(images[test], weights).classes == labels[test]).mean())
    features = read(images, weights).features
    halves = mean_halves_distance(features, rng)
    Reference(weights, Gaussian.of(features), halves, accuracy).save(reference_path())
    print(f"held-out accuracy {100 * accuracy:.2f} % of {HELD_OUT} digits")
    print(f"mean Frechet distance between halves of the real digits {halves:.4f}")


if __name__ == "__main__":
    main()
