"""Runs a diffusers model in PyTorch and hands over what its layers multiply (extra ``capture``).

Layers are the convolutions and fully connected layers that work on pixels or tokens, and the two
products of each attention. Those that work on vectors of the time and class, and on the context of
cross attention, are left out: the host computes them ahead.
"""

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from diffusers.models.attention_processor import Attention
from torch import nn

from dittosim.capture.quantizing import FloatProduct
from dittosim.importing.checkpoint import CONFIG_FILE, weights_variant
from dittosim.importing.weights import COMPUTED
from golden.errors import DittosimError

Seen = Callable[[FloatProduct], None]


class CapturedModel:
    """A model in PyTorch that predicts noise, and tells ``seen`` of each layer as it runs."""

    def __init__(
        self,
        folder: Path,
        kind: str,
        labels: np.ndarray | None,
        context: np.ndarray | None,
        pattern: str = "*",
    ) -> None:
        """Loads the diffusers class ``kind`` from ``folder``; ``pattern`` chooses layers by name.

        Raises DittosimError if it cannot be loaded.
        """
        self._model = _load(folder, kind)
        self._model.eval()
        self._pattern = pattern
        self._options: dict[str, Any] = {}
        if labels is not None:
            self._options["class_labels"] = torch.from_numpy(labels)
        self._context = None if context is None else torch.from_numpy(context)
        self.seen: Seen = lambda _: None
        self._install_hooks()

    @torch.no_grad()
    def __call__(self, image: np.ndarray, time: int) -> np.ndarray:
        """Predicted noise in ``image`` float32 (batch, height, width, channels) at ``time``."""
        planes = torch.from_numpy(image).permute(0, 3, 1, 2)
        options = dict(self._options)
        if self._context is not None:
            options["encoder_hidden_states"] = self._context.expand(len(image), -1, -1)
        found = self._model(planes, timestep=torch.full((len(image),), time), **options).sample
        return found.permute(0, 2, 3, 1).numpy()

    def _install_hooks(self) -> None:
        of_context = set()
        for name, module in self._model.named_modules():
            if isinstance(module, Attention):
                self._watch_attention(name, module)
                if module.is_cross_attention:
                    of_context |= {f"{name}.to_k", f"{name}.to_v"}
        for name, module in self._model.named_modules():
            if not self._chosen(name) or name in of_context:
                continue
            if isinstance(module, nn.Conv2d):
                _check_convolution(name, module)
                module.register_forward_pre_hook(partial(self._convolution, name))
            elif isinstance(module, nn.Linear):
                module.register_forward_pre_hook(partial(self._linear, name))

    def _chosen(self, name: str) -> bool:
        return fnmatchcase(name, self._pattern)

    def _convolution(self, name: str, module: nn.Conv2d, inputs: tuple[torch.Tensor]) -> None:
        self.seen(
            FloatProduct(
                name,
                inputs[0].permute(0, 2, 3, 1).numpy(),
                module.out_channels,
                kernel=module.kernel_size[0],
                stride=module.stride[0],
                padding=int(module.padding[0]),
            )
        )

    def _linear(self, name: str, module: nn.Linear, inputs: tuple[torch.Tensor]) -> None:
        if inputs[0].ndim > 2:
            tokens = inputs[0].flatten(1, -2)[:, None]
            self.seen(FloatProduct(name, tokens.numpy(), module.out_features))

    def _watch_attention(self, name: str, module: Any) -> None:
        if not (self._chosen(f"{name}.scores") or self._chosen(f"{name}.mix")):
            return
        projected: dict[str, torch.Tensor] = {}

        def keep(kind: str, _module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
            projected[kind] = output.unflatten(-1, (module.heads, -1)).transpose(1, 2).flatten(0, 1)

        def multiply(_module: nn.Module, _inputs: Any) -> None:
            query, key, value = (projected.pop(kind) for kind in ("to_q", "to_k", "to_v"))
            self._attention(name, module, query, key, value)

        for kind in ("to_q", "to_k", "to_v"):
            getattr(module, kind).register_forward_hook(partial(keep, kind))
        module.to_out[0].register_forward_pre_hook(multiply)

    def _attention(
        self, name: str, module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor
    ) -> None:
        """The two products, once more: fused kernels do not show their probabilities.

        Operands are float (batch x heads, tokens, size).
        """
        changing = not module.is_cross_attention

        def tell(kind: str, first: torch.Tensor, second: torch.Tensor) -> None:
            rows, columns = first[:, None].numpy(), second.shape[-1]
            self.seen(FloatProduct(f"{name}.{kind}", rows, columns, second.numpy(), changing))

        if self._chosen(f"{name}.scores"):
            tell("scores", query, key.mT)
        if self._chosen(f"{name}.mix"):
            tell("mix", (query @ key.mT * module.scale).softmax(-1), value)


def _load(folder: Path, kind: str) -> Any:
    """The model with all of its weights; diffusers itself would draw at random what it misses."""
    diffusers.utils.logging.set_verbosity(diffusers.utils.logging.CRITICAL)
    diffusers.utils.logging.disable_progress_bar()
    try:
        model, found = getattr(diffusers, kind).from_pretrained(
            folder,
            local_files_only=True,
            low_cpu_mem_usage=False,
            torch_dtype=torch.float32,
            variant=weights_variant(folder),
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    except MemoryError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise DittosimError(f"diffusers cannot load {folder}: {error}") from error
    except Exception as error:  # it trusts what files hold, such as an index
        raise DittosimError(
            f"diffusers cannot load {folder}: {type(error).__name__}: {error}"
        ) from error
    for name, stored, asked in sorted(found["mismatched_keys"]):
        raise DittosimError(
            f"{folder}: tensor '{name}' is {tuple(stored)}, but {CONFIG_FILE} asks for "
            f"{tuple(asked)}; diffusers runs no checkpoint whose channels were pruned, make it a "
            "workload with `dittosim import`"
        )
    for name in sorted(found["missing_keys"]):
        raise DittosimError(f"{folder}: tensor '{name}' is missing, which {CONFIG_FILE} asks for")
    for name in sorted(set(found["unexpected_keys"]) - COMPUTED):
        raise DittosimError(
            f"{folder}: nothing in {CONFIG_FILE} asks for tensor '{name}'; the model has a part "
            "that diffusers does not know"
        )
    return model


def _check_convolution(name: str, module: nn.Conv2d) -> None:
    square = all(
        len(set(values)) == 1 for values in (module.kernel_size, module.stride, module.padding)
    )
    if not square or module.groups != 1 or set(module.dilation) != {1}:
        raise DittosimError(
            f"module '{name}': {module} is not supported; only square convolutions without groups "
            "and dilation are, leave it out with --layers"
        )
