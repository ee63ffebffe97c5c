import re

import pytest

from golden.errors import DittosimError
from tb.formal.__main__ import main
from tb.formal.proof import Method
from tb.formal.proofs import PROOFS
from tb.formal.prover import prove, reach, refute
from tests.helpers.command_line import REPOSITORY
from tests.helpers.tools import needs_abc

QUICK = ("burst-queue", "burst-splitter")
"""Proofs that take seconds"""
FAULTS = [(name, statement) for name, proof in PROOFS.items() for statement in proof.faults]


def marks(name: str) -> list[pytest.MarkDecorator]:
    return [] if name in QUICK else [pytest.mark.long]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=[*marks(name), *([needs_abc] if proof.method is Method.PDR else [])]
        )
        for name, proof in PROOFS.items()
    ],
)
def test_properties_hold(name: str) -> None:
    verdict = prove(PROOFS[name])
    assert verdict.holds, verdict.failed


@pytest.mark.parametrize("name", [pytest.param(name, marks=marks(name)) for name in PROOFS])
def test_all_that_is_to_be_reached_is(name: str) -> None:
    verdict = reach(PROOFS[name])
    assert verdict.holds, verdict.failed


@pytest.mark.parametrize(
    ("name", "statement"),
    [pytest.param(*fault, marks=marks(fault[0])) for fault in FAULTS],
)
def test_a_fault_breaks_its_property(name: str, statement: str) -> None:
    verdict = refute(PROOFS[name], statement)
    assert not verdict.holds
    assert verdict.failed == (statement,)


@pytest.mark.parametrize("name", PROOFS)
def test_every_proof_has_faults_and_says_what_it_reaches(name: str) -> None:
    proof = PROOFS[name]
    assert proof.faults
    assert set(proof.faults) <= set(proof.holds)
    assert proof.properties.REACHES


def test_every_property_is_one_of_a_proof() -> None:
    for properties in {proof.properties for proof in PROOFS.values()}:
        proofs = [proof for proof in PROOFS.values() if proof.properties is properties]
        assert sorted(n for proof in proofs for n in proof.holds) == sorted(properties.HOLDS)


def test_a_name_that_is_no_proof_is_an_error() -> None:
    with pytest.raises(DittosimError, match="no proof 'axi': choose from burst-queue, "):
        main(["axi"])


def test_the_page_tells_every_property() -> None:
    page = (REPOSITORY / "docs" / "formal.md").read_text()
    for name, proof in PROOFS.items():
        section = page[page.index(f"## `{name}`") + 3 :].split("\n## ")[0]
        told = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE))
        properties = proof.properties
        held = {statement: properties.HOLDS[statement] for statement in proof.holds}
        assert told == {**properties.GIVEN, **held, **properties.REACHES}, name
