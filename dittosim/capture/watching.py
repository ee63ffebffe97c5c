"""Sees what a PyTorch model multiplies, whatever code computes it.

Every product is met where it is asked for: a convolution, a fully connected layer, fused attention
or a product of two tensors, by whichever module, attention processor or function. It is named after
the innermost module that is running:

====================================  ===========================================================
``X``                                 convolution or fully connected layer of module X
``X.scores``, ``X.mix``               products of two tensors in module X: of fused attention, or
                                      by turns
``NAME#2``                            the second of that name in one evaluation
====================================  ===========================================================
"""

from collections import Counter
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.overrides import TorchFunctionMode

from dittosim.capture.quantizing import FloatProduct
from golden.errors import DittosimError

Seen = Callable[[FloatProduct], None]
PROCESSOR = ".processor"
"""Module of an attention's own code, in whose name it speaks"""


class Watcher(TorchFunctionMode):
    """While it is entered, tells ``seen`` of each product that the model computes.

    Products of vectors (time, class, a pooled text) are only counted: the host computes them.
    """

    def __init__(self, model: nn.Module, pattern: str = "*") -> None:
        """Watches the modules of ``model``; ``pattern`` chooses names whose operands are wanted."""
        super().__init__()
        self.pattern = pattern
        self._running: list[str] = []
        self._names: Counter[str] = Counter()
        self._turns: Counter[str] = Counter()
        self.seen: Seen = lambda _: None
        self.prefix = ""
        """Before all names"""
        self.vectors: dict[str, int] = {}
        """Multiply-accumulates of an evaluation's products of vectors, by name"""
        self.macs: dict[str, int] = {}
        """Those of all others, chosen or not"""
        for name, module in model.named_modules():
            module.register_forward_pre_hook(self._entering(name.removesuffix(PROCESSOR)))
            module.register_forward_hook(self._leave, always_call=True)

    def begin(self) -> None:
        """Before each evaluation of the model."""
        self._running.clear()
        self._names.clear()
        self._turns.clear()
        self.vectors, self.macs = {}, {}

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: Any = (),
        kwargs: Any = None,
    ) -> Any:
        """Calls the function, then tells of it."""
        result = func(*args, **(kwargs or {}))
        told = _TOLD.get(func)
        if told:
            options = dict(kwargs or {})
            if "input" in options:
                args = (options.pop("input"), *args)
            told(self, result, *args, **options)
        return result

    def _entering(self, name: str) -> Callable[..., None]:
        return lambda _module, _inputs: self._running.append(name)

    def _leave(self, _module: nn.Module, _inputs: Any, _output: Any) -> None:
        self._running.pop()

    def _name(self, kind: str = "") -> str:
        base = (self._running[-1] if self._running else "") or "model"
        name = f"{base}{'.' if kind else ''}{kind}"
        self._names[name] += 1
        again = self._names[name]
        return name if again == 1 else f"{name}#{again}"

    def _tell(self, name: str, macs: int, product: Callable[[], FloatProduct]) -> None:
        self.macs[name] = macs
        if fnmatchcase(name, self.pattern):
            self.seen(product()._replace(name=self.prefix + name))

    def _linear(self, result: torch.Tensor, first: torch.Tensor, *_: Any, **__: Any) -> None:
        name, columns = self._name(), result.shape[-1]
        macs = first.numel() * columns
        if first.ndim < 3:
            self.vectors[name] = macs
            return

        def product() -> FloatProduct:
            return FloatProduct(name, _array(first.flatten(1, -2)[:, None]), columns)

        self._tell(name, macs, product)

    def _convolution(
        self,
        result: torch.Tensor,
        image: torch.Tensor,
        weight: torch.Tensor,
        bias: Any = None,  # noqa: ARG002
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> None:
        name, kernel = self._name(), tuple(weight.shape[2:])
        options = [_lengths(each) for each in (kernel, stride, padding, dilation)]
        plain = image.ndim == 4 and groups == 1 and all(len(each) == 1 for each in options)

        def product() -> FloatProduct:
            if not plain or options[3] != {1}:
                raise _unsupported(
                    name,
                    f"kernel {kernel}, stride {stride}, padding {padding}, dilation {dilation} and "
                    f"{groups} groups",
                )
            size, step, edge, _ = (each.pop() for each in options)
            rows = _array(image.permute(0, 2, 3, 1))
            return FloatProduct(name, rows, len(weight), kernel=size, stride=step, padding=edge)

        self._tell(name, result.numel() * weight[0].numel(), product)

    def _transposed(
        self, _result: Any, image: torch.Tensor, weight: torch.Tensor, *_: Any, **__: Any
    ) -> None:
        name = self._name()

        def product() -> FloatProduct:
            raise _unsupported(name, "a transposed kernel")

        self._tell(name, image.numel() * weight[0].numel(), product)

    def _two(
        self, result: torch.Tensor, first: torch.Tensor, *others: torch.Tensor, **options: Any
    ) -> None:
        second = others[0] if others else options.get("mat2", options.get("other"))
        if second is None:
            raise TypeError(f"a product of one tensor, and {', '.join(options)}")
        if isinstance(second, nn.Parameter) and second.ndim == 2:
            self._linear(result, first)
            return
        if min(first.ndim, second.ndim) < 2:
            self.vectors[self._name()] = result.numel() * first.shape[-1]
            return
        module = self._running[-1] if self._running else ""
        kind = ("scores", "mix")[self._turns[module] % 2]
        self._turns[module] += 1
        self._product(kind, first, second)

    def _added(self, result: torch.Tensor, _added: Any, *factors: Any, **options: Any) -> None:
        named = ("batch1", "mat1", "batch2", "mat2")
        self._two(result, *factors, *(options[name] for name in named if name in options))

    def _product(self, kind: str, first: torch.Tensor, second: torch.Tensor) -> None:
        batch = torch.broadcast_shapes(first.shape[:-2], second.shape[:-2])
        name, (rows, length), columns = self._name(kind), first.shape[-2:], second.shape[-1]

        def product() -> FloatProduct:
            one, two = (
                x.expand(*batch, *x.shape[-2:]).reshape(-1, *x.shape[-2:]) for x in (first, second)
            )
            return FloatProduct(name, _array(one[:, None]), columns, _array(two))

        self._tell(name, batch.numel() * rows * length * columns, product)

    def _attention(
        self,
        _result: torch.Tensor,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attn_mask: Any = None,
        dropout_p: float = 0.0,  # noqa: ARG002
        is_causal: bool = False,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> None:
        """Both products of fused attention; the probabilities between them once more."""
        if enable_gqa:
            groups = query.shape[-3] // key.shape[-3]
            key, value = (x.repeat_interleave(groups, -3) for x in (key, value))
        self._product("scores", query, key.mT)
        shape = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2])
        name, columns = self._name("mix"), value.shape[-1]

        def product() -> FloatProduct:
            scores = query @ key.mT * (query.shape[-1] ** -0.5 if scale is None else scale)
            if is_causal:
                mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
                scores = scores.masked_fill(~mask, float("-inf"))
            if attn_mask is not None and attn_mask.dtype is torch.bool:
                scores = scores.masked_fill(~attn_mask, float("-inf"))
            elif attn_mask is not None:
                scores = scores + attn_mask
            shares, values = scores.softmax(-1), value.expand(*shape, *value.shape[-2:])
            first, second = shares.flatten(0, -3), values.flatten(0, -3)
            return FloatProduct(name, _array(first[:, None]), columns, _array(second))

        rows = shape.numel() * query.shape[-2]
        self._tell(name, rows * key.shape[-2] * columns, product)


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().float().numpy()


def _lengths(value: Any) -> set[Any]:
    """The different values along the axes."""
    return {value} if isinstance(value, int | str) else set(value)


def _unsupported(name: str, what: str) -> DittosimError:
    return DittosimError(
        f"module '{name}': a convolution of {what} is not supported; only square ones without "
        "groups and dilation are, leave it out with --layers"
    )


_TOLD: dict[Any, Callable[..., None]] = {
    F.linear: Watcher._linear,
    **dict.fromkeys((F.conv1d, F.conv2d, F.conv3d), Watcher._convolution),
    **dict.fromkeys(
        (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d), Watcher._transposed
    ),
    F.scaled_dot_product_attention: Watcher._attention,
    **dict.fromkeys(
        (
            torch.matmul,
            torch.bmm,
            torch.mm,
            torch.Tensor.matmul,
            torch.Tensor.__matmul__,
            torch.Tensor.bmm,
            torch.Tensor.mm,
        ),
        Watcher._two,
    ),
    **dict.fromkeys(
        (torch.baddbmm, torch.addmm, torch.Tensor.baddbmm, torch.Tensor.addmm), Watcher._added
    ),
}
"""What tells of a call, by the function called"""
