"""What the Defo Unit reads and keeps."""

from amaranth.hdl import unsigned
from amaranth.lib import data

from golden.accelerator.choice import FIELDS
from golden.machine.config import MachineConfig

STEP_BITS = 2
INDEX_BITS = 16
COUNT_BITS = 16
"""Of the descriptors of a variant"""


def choice_layout() -> data.StructLayout:
    """A descriptor, bit for bit as it lies in memory (:mod:`golden.accelerator.choice`)."""
    return data.StructLayout({f.name: unsigned(f.bits) for f in FIELDS})


def entry_layout(config: MachineConfig) -> data.StructLayout:
    """An entry of the Defo table: both counters, and the decision as descriptors number modes."""
    return data.StructLayout(
        {
            "first": unsigned(config.defo_counter_bits),
            "temporal": unsigned(config.defo_counter_bits),
            "mode": unsigned(2),
        }
    )
