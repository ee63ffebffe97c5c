from pathlib import Path

import pytest

from golden.errors import DittosimError
from tb.mutation.waivers import Waivers, read_waivers, stanza
from tests.helpers.mutants import ALWAYS_CLOSES, UNUSED_SIGN, pe_mutant


def written(tmp_path: Path, text: str) -> Waivers:
    path = tmp_path / "waivers.toml"
    path.write_text(text)
    return read_waivers(path)


def test_what_is_printed_is_a_waiver_once_it_has_a_reason(tmp_path: Path) -> None:
    mutant = pe_mutant(ALWAYS_CLOSES)
    waivers = written(tmp_path, stanza(mutant).replace('reason = ""', 'reason = "so"'))
    found = waivers.of(mutant)
    assert found is not None
    assert found.reason == "so"
    assert waivers.of(pe_mutant(UNUSED_SIGN)) is None


def test_a_waiver_that_fits_nothing_is_lost(tmp_path: Path) -> None:
    mutant = pe_mutant(ALWAYS_CLOSES)
    waivers = written(tmp_path, stanza(mutant).replace('reason = ""', 'proof = "so"'))
    assert not waivers.lost([mutant], ["ditto_pe"])
    assert waivers.lost([pe_mutant(UNUSED_SIGN)], ["ditto_pe"]) == list(waivers.waivers)
    # Nobody looked.
    assert not waivers.lost([], ["ditto_tile"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (stanza(pe_mutant(ALWAYS_CLOSES)), "either a reason or a proof"),
        ("[[waiver]]\nmodule = 'ditto_pe'\n", "operator"),
        ("[[waver]]\n", "waver unknown"),
        ("[[waiver]\n", "cannot read waivers"),
    ],
)
def test_what_is_no_waiver_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DittosimError, match=said):
        written(tmp_path, text)


def test_those_of_the_project_can_be_read() -> None:
    read_waivers()
