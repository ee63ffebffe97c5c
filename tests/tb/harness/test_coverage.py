import pytest

from tb.harness.coverage import Coverage
from tb.harness.task import Findings


def test_a_stratum_that_was_never_met_is_an_error() -> None:
    coverage = Coverage({"mode": ("act", "temporal"), "waits": ("none",)})
    coverage.see("mode", "act", 2)
    assert coverage.missed() == ["mode: temporal", "waits: none"]
    with pytest.raises(AssertionError, match="never met: mode: temporal; waits: none"):
        coverage.check()
    coverage.see("mode", "temporal")
    coverage.see("waits", "none")
    coverage.check()
    assert coverage.counts == {"mode": {"act": 2, "temporal": 1}, "waits": {"none": 1}}


def test_what_was_not_named_beforehand_cannot_be_met() -> None:
    with pytest.raises(KeyError):
        Coverage({"mode": ("act",)}).see("mode", "spatial")


def test_findings_add_what_was_met() -> None:
    first = Findings(values=1, coverage={"mode": {"act": 1, "temporal": 2}})
    second = Findings(values=2, coverage={"mode": {"act": 3}, "reset": {"early": 1}})
    total = first + second
    assert total.values == 3
    assert total.coverage == {"mode": {"act": 4, "temporal": 2}, "reset": {"early": 1}}
