import pytest

from golden.accelerator.choice import FIELDS, MAGIC, ChoiceDescriptor
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from tests.helpers.command_line import REPOSITORY


def test_fields_lie_one_after_the_other() -> None:
    packed = ChoiceDescriptor(entry=3, act_count=5, temporal_address=0x1000).pack()
    assert len(packed) == DESCRIPTOR_BYTES
    word = int.from_bytes(packed, "little")
    assert word == MAGIC | 3 << 16 | 5 << 32 | 0x1000 << 128


def test_variants_by_mode() -> None:
    choice = ChoiceDescriptor(entry=0, spatial_address=256, spatial_count=2)
    assert choice.variant(Mode.SPATIAL) == (256, 2)
    assert choice.variant(Mode.ACT) == (0, 0)


def test_a_value_too_large_is_named() -> None:
    with pytest.raises(DittosimError, match=r"act_count = 65536 does not fit 16 bits"):
        ChoiceDescriptor(entry=0, act_count=1 << 16).pack()


def test_the_page_lists_every_field() -> None:
    text = (REPOSITORY / "docs/defo.md").read_text()
    bit = 0
    for field in FIELDS:
        assert f"| {bit} | {field.bits} | `{field.name}` | {field.meaning} |" in text
        bit += field.bits
