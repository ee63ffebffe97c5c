"""Scikit-learn's handwritten digits as training images (extra ``train``)."""

import numpy as np
import torch
from sklearn.datasets import load_digits


def digit_images(size: int) -> np.ndarray:
    """All digits, upscaled bilinearly from 8 x 8: float32 (1797, size, size, 1) in [-1, 1]."""
    images = torch.from_numpy(load_digits().images.astype(np.float32) / 8 - 1)[:, None]
    scaled = torch.nn.functional.interpolate(images, size=(size, size), mode="bilinear")
    return scaled.permute(0, 2, 3, 1).contiguous().numpy()
