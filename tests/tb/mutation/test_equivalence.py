import pytest

from golden.errors import DittosimError
from golden.machine.config import load_config
from tb.mutation import equivalence
from tb.mutation.equivalence import is_equivalent
from tb.mutation.mutants import mutants_of
from tests.helpers.emissions import emission
from tests.helpers.mutants import ALWAYS_CLOSES, UNUSED_SIGN, pe_mutant
from tests.helpers.tools import needs_yosys

TINY = load_config("tiny")


@needs_yosys
def test_what_changes_no_bit_that_is_used_is_proven_equivalent() -> None:
    assert is_equivalent(emission("pe", TINY), pe_mutant(UNUSED_SIGN))


@needs_yosys
def test_what_makes_another_machine_is_not() -> None:
    assert not is_equivalent(emission("pe", TINY), pe_mutant(ALWAYS_CLOSES))


@needs_yosys
def test_what_an_instance_is_given_counts() -> None:
    """It is cut out, and yet its inputs must be the same."""
    design = emission("axi-reader", TINY)
    mutants = mutants_of(design)["ditto_axi_reader"]
    ports = [mutant for mutant in mutants if mutant.after == "    .o__ready(1'h0),"]
    assert ports
    assert not any(is_equivalent(design, mutant) for mutant in ports)


def test_without_yosys_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equivalence, "YOSYS", ("absent",))
    with pytest.raises(DittosimError, match="absent is not installed"):
        is_equivalent(emission("pe", TINY), pe_mutant(UNUSED_SIGN))
