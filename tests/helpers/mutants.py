"""Mutants of the PE, by what they do to it: names change with the hardware."""

from golden.machine.config import load_config
from tb.mutation.mutants import Mutant, mutants_of
from tests.helpers.emissions import emission

ALWAYS_CLOSES = "  assign closes = 1'h1;"
"""The PE offers a sum in every cycle"""
UNUSED_SIGN = ": { product0[11], product0[12],"
"""The first bit of a shifted product, of which the PE does not use the upper three"""


def pe_mutant(text: str) -> Mutant:
    """The mutant of the PE of ``tiny`` whose line has that text and no other mutant's."""
    mutants = mutants_of(emission("pe", load_config("tiny")))["ditto_pe"]
    (found,) = [mutant for mutant in mutants if text in mutant.after]
    return found
