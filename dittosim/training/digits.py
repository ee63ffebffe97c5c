"""Scikit-learn's handwritten digits as training images (extra ``train``)."""

import numpy as np
import torch
from sklearn.datasets import load_digits


def digits(size: int) -> tuple[np.ndarray, np.ndarray]:
    """All digits, upscaled bilinearly from 8 x 8, and what they show.

    Returns float32 (1797, size, size, 1) in [-1, 1] and int64 (1797,) from 0 to 9.
    """
    data = load_digits()
    images = torch.from_numpy(data.images.astype(np.float32) / 8 - 1)[:, None]
    scaled = torch.nn.functional.interpolate(images, size=(size, size), mode="bilinear")
    return scaled.permute(0, 2, 3, 1).contiguous().numpy(), data.target.astype(np.int64)
