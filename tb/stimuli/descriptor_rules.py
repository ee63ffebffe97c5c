"""Descriptors that break a rule each, generated from the rules, and what must be said of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from golden.accelerator.descriptor import FIELDS, MAGIC, Descriptor, ModeCode
from golden.accelerator.units import Units
from golden.machine.config import MachineConfig
from golden.vector.descriptor import VectorDescriptor
from rtl.scheduler.descriptor_check import (
    NOT_ZERO,
    TEMPORAL_TENSORS,
    TENSORS,
    limits,
)

BITS = {field.name: field.bits for field in FIELDS}
ADDRESS_END = 1 << 32
PRODUCTS = 150
"""Pairs of factors that are drawn"""
D = TypeVar("D", bound=Descriptor | VectorDescriptor)


@dataclass(frozen=True)
class Case:
    """Fields that break a rule, or just do not; which one that is says ``rule``."""

    rule: str
    changes: dict[str, int]


def broken(descriptor: Descriptor, config: MachineConfig) -> Iterator[Case]:
    """Every rule of :mod:`rtl.scheduler.descriptor_check`, broken as little as possible.

    ``descriptor`` breaks none.
    """
    # That of no other kind of descriptor either: those are the next numbers.
    yield Case("magic", {"magic": MAGIC ^ 1 << 8})
    yield Case("mode", {"mode": max(ModeCode) + 1})
    for field in NOT_ZERO:
        yield Case(f"{field} = 0", {field: 0})
    for limit in limits(config):
        if limit.most + 1 < 1 << BITS[limit.field]:
            # Both limits of a field, of which TEMPORAL has the lower one.
            mode = {"mode": ModeCode.TEMPORAL} if limit.temporal else {}
            yield Case(f"{limit.field} > {limit.most}", {limit.field: limit.most + 1, **mode})
    for tensor in TENSORS:
        field = f"{tensor}_address"
        mode = {"mode": ModeCode.TEMPORAL} if tensor in TEMPORAL_TENSORS else {}
        misaligned = getattr(descriptor, field) + config.bus_bytes // 2
        yield Case(f"{field} misaligned", {field: misaligned, **mode})
        yield Case(
            f"{field} out of range",
            {field: _last(descriptor, tensor, config) + config.bus_bytes, **mode},
        )


def kept(descriptor: Descriptor, config: MachineConfig) -> Iterator[Case]:
    """Every rule that can be kept only just: the value beside the broken one."""
    for field in NOT_ZERO:
        yield Case(f"{field} = 1", {field: 1})
    for limit in limits(config):
        yield Case(f"{limit.field} = {limit.most}", {limit.field: limit.most})
    for tensor in TENSORS:
        field = f"{tensor}_address"
        yield Case(f"{field} at the end", {field: _last(descriptor, tensor, config)})
        if tensor in TEMPORAL_TENSORS:
            for mode in (ModeCode.ACT, ModeCode.SPATIAL):
                yield Case(f"{field} not used", {field: ADDRESS_END - 1, "mode": mode})


def products(
    descriptor: Descriptor, config: MachineConfig, rng: np.random.Generator
) -> Iterator[Case]:
    """Sizes of results that are products of any factors, just in range and just beyond.

    An error of any bit of the multiplication makes one of the two the other.
    """
    modes = {"results": ModeCode.ACT, "previous": ModeCode.TEMPORAL}
    for _ in range(PRODUCTS):
        groups = int(rng.integers(1, 1 << int(rng.integers(1, BITS["groups"] + 1))))
        most = ADDRESS_END // config.bus_bytes // groups - 1
        words = int(rng.integers(1, 1 << int(rng.integers(1, most.bit_length() + 1))))
        for tensor, mode in modes.items():
            addresses = {f"{name}_address": 0 for name in modes}
            factors = {"groups": groups, "group_words": min(words, most), "mode": mode}
            last = _last(with_fields(descriptor, factors), tensor, config)
            for name, beyond in (("in range", 0), ("out of range", config.bus_bytes)):
                place = {**addresses, f"{tensor}_address": last + beyond}
                yield Case(f"{tensor} {name}", factors | place)


def verdict(descriptor: Descriptor, config: MachineConfig) -> tuple[str, int]:
    """Name of the error and address of the first rule that a descriptor breaks.

    The address is 0 where the rule is of no address; ("none", 0) if it breaks none.
    """
    temporal = descriptor.mode == ModeCode.TEMPORAL
    if descriptor.magic != MAGIC or descriptor.mode > max(ModeCode):
        return "unknown_mode", 0
    if any(getattr(descriptor, field) == 0 for field in NOT_ZERO):
        return "zero_size", 0
    if any(
        getattr(descriptor, limit.field) > limit.most
        for limit in limits(config)
        if temporal or not limit.temporal
    ):
        return "too_large", 0
    used = [name for name in TENSORS if temporal or name not in TEMPORAL_TENSORS]
    addresses = {name: getattr(descriptor, f"{name}_address") for name in used}
    for address in addresses.values():
        if address % config.bus_bytes:
            return "misaligned", address
    for name, address in addresses.items():
        if address + _size(descriptor, name, config) >= ADDRESS_END:
            return "out_of_range", address
    return "none", 0


def _size(descriptor: Descriptor, tensor: str, config: MachineConfig) -> int:
    """Bytes of a tensor, as the check sees it."""
    if tensor in ("inputs", "reference"):
        return descriptor.image_entries * Units.of(config).entry_bytes
    if tensor == "weights":
        return descriptor.weight_words * config.bus_bytes
    return descriptor.group_words * descriptor.groups * config.bus_bytes


def _last(descriptor: Descriptor, tensor: str, config: MachineConfig) -> int:
    """The last address at which a tensor is in range."""
    end = ADDRESS_END - _size(descriptor, tensor, config) - 1
    return end // config.bus_bytes * config.bus_bytes


def changed(descriptor: D, *cases: Case) -> D:
    """The descriptor with what the cases change."""
    for case in cases:
        descriptor = with_fields(descriptor, case.changes)
    return descriptor


def with_fields(descriptor: D, changes: Mapping[str, int]) -> D:
    """The descriptor with other values in some fields."""
    values: dict[str, int] = {
        field.name: getattr(descriptor, field.name) for field in fields(descriptor)
    }
    return type(descriptor)(**{**values, **changes})
