"""DiT (``models.py``) and Latte (``models/latte.py``): transformers on patches of latents.

Latte's frames lie beside each other; its blocks attend in space and in time by turns.
"""

from dataclasses import dataclass

from dittosim.layers.models.table import ModelLayer, TableBuilder

FREQUENCIES = 256
"""Of the time embedding"""
RATIO = 4
"""Of fully connected layers"""
MODULATIONS, LAST_MODULATIONS = 6, 2
"""Vectors that the condition gives a block (adaLN-Zero), and the last layer"""


@dataclass(frozen=True, kw_only=True)
class DiffusionTransformer:
    """Hyperparameters; a latent is square, and predicted with its variance."""

    size: int
    latent_channels: int
    patch: int
    width: int
    depth: int
    heads: int
    frames: int = 1
    """With several, every other block attends to the same patch of all frames"""

    def layers(self) -> list[ModelLayer]:
        """Its table."""
        return _Transformer(self).built()


class _Transformer(TableBuilder):
    def __init__(self, network: DiffusionTransformer) -> None:
        super().__init__()
        self.network = network

    def built(self) -> list[ModelLayer]:
        n = self.network
        sequence = (n.size // n.patch) ** 2
        rows = n.frames * sequence
        self.patches("x_embedder.proj", n.frames, n.size, n.patch, n.width, n.latent_channels)
        self.linear("t_embedder.mlp.0", 1, FREQUENCIES, n.width, conditional=True)
        self.linear("t_embedder.mlp.2", 1, n.width, n.width, conditional=True)
        for number in range(n.depth):
            name = f"blocks.{number}"
            modulation = f"{name}.adaLN_modulation.1"
            self.linear(modulation, 1, n.width, MODULATIONS * n.width, conditional=True)
            self.linear(f"{name}.attn.qkv", rows, n.width, 3 * n.width)
            tokens, sequences = sequence, n.frames
            if n.frames > 1 and number % 2:
                tokens, sequences = sequences, tokens
            self.attention(f"{name}.attn", tokens, tokens, n.width, n.heads, sequences=sequences)
            self.linear(f"{name}.attn.proj", rows, n.width, n.width)
            self.linear(f"{name}.mlp.fc1", rows, n.width, RATIO * n.width)
            self.linear(f"{name}.mlp.fc2", rows, RATIO * n.width, n.width)
        last = LAST_MODULATIONS * n.width
        self.linear("final_layer.adaLN_modulation.1", 1, n.width, last, conditional=True)
        out = n.patch**2 * 2 * n.latent_channels
        self.linear("final_layer.linear", rows, n.width, out)
        return self.layers
