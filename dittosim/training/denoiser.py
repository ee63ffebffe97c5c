"""Trains a denoiser on images: noise prediction with an exponential moving average of weights."""

import copy

import numpy as np
import torch

from dittosim.training.torch_graph import TorchGraph
from golden.denoising.diffusion import Schedule
from golden.network.graph import Graph


def train_denoiser(
    graph: Graph,
    images: np.ndarray,
    labels: np.ndarray,
    schedule: Schedule,
    *,
    iterations: int,
    batch: int = 128,
    rate: float = 2e-3,
    decay: float = 0.999,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Returns trained weights by ``node.parameter``, float32.

    ``images`` are float32 (count, height, width, channels) in [-1, 1], ``labels`` int64 (count,)
    their classes, which an unconditional model ignores. ``rate`` is the peak of a
    one-cycle learning rate, ``decay`` the averaging factor per iteration.
    """
    torch.manual_seed(seed)
    model = TorchGraph(graph)
    average = copy.deepcopy(model)
    data, classes = torch.from_numpy(images), torch.from_numpy(labels)
    signal = torch.from_numpy(schedule.signal()).float()
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=rate, total_steps=iterations, pct_start=0.1
    )
    losses = []
    for iteration in range(iterations):
        chosen = torch.randint(len(data), (batch,))
        clean = data[chosen]
        time = torch.randint(schedule.timesteps, (batch,))
        share = signal[time][:, None, None, None]
        noise = torch.randn_like(clean)
        noisy = share.sqrt() * clean + (1 - share).sqrt() * noise
        loss = ((model(noisy, time, classes[chosen]) - noise) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        with torch.no_grad():
            keep = min(decay, (iteration + 1) / (iteration + 10))
            for kept, new in zip(average.parameters(), model.parameters(), strict=True):
                kept.lerp_(new, 1 - keep)
        losses.append(loss.item())
        if (iteration + 1) % 100 == 0:
            print(
                f"iteration {iteration + 1}/{iterations}: loss {np.mean(losses[-100:]):.4f}",
                flush=True,
            )
    return average.arrays()
