import re

import pytest

from golden.accelerator.assemble import Addresses, assemble
from golden.accelerator.descriptor import DESCRIPTOR_BYTES, FIELDS, MAGIC, ModeCode
from golden.accelerator.plan import Plan
from golden.accelerator.shape import LayerShape
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import load_config

PLAN = Plan(LayerShape(height=8, width=8, channels=16, columns=9), load_config("tiny"), 2, 2, False)
PLACES = Addresses(0x100, 0x200, 0x300, 0x400, 0x500)


def read(data: bytes) -> dict[str, int]:
    """The fields of a packed descriptor, read bit by bit."""
    word, found = int.from_bytes(data, "little"), {}
    for field in FIELDS:
        value, word = word & ((1 << field.bits) - 1), word >> field.bits
        found[field.name] = value - (1 << field.bits) * (field.signed and value >> field.bits - 1)
    assert word == 0
    return found


def test_packs_every_field() -> None:
    descriptor = assemble(PLAN, Mode.SPATIAL, -3, PLACES)
    data = descriptor.pack()
    assert len(data) == DESCRIPTOR_BYTES
    assert read(data) == vars(descriptor)


def test_first_bytes() -> None:
    data = assemble(PLAN, Mode.TEMPORAL, 5, PLACES).pack()
    assert data[:4] == bytes([MAGIC & 255, MAGIC >> 8, ModeCode.TEMPORAL, 0])
    assert [int.from_bytes(data[n : n + 4], "little") for n in range(4, 24, 4)] == [
        PLACES.inputs,
        PLACES.reference,
        PLACES.weights,
        PLACES.previous,
        PLACES.results,
    ]


def test_value_that_does_not_fit() -> None:
    descriptor = assemble(PLAN, Mode.ACT, 200, PLACES)
    with pytest.raises(DittosimError, match=re.escape("zero_point = 200 does not fit 8 bits")):
        descriptor.pack()
