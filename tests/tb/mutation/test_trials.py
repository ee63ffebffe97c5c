from concurrent.futures import Future
from typing import Any

import pytest

from golden.machine.config import load_config
from tb.mutation import trials
from tb.mutation.attempt import Kill
from tb.mutation.reach import Run
from tb.mutation.trials import Trials
from tests.helpers.mutants import ALWAYS_CLOSES, UNUSED_SIGN, pe_mutant

TINY = load_config("tiny")
NOTICED, SAME = pe_mutant(ALWAYS_CLOSES), pe_mutant(UNUSED_SIGN)
FIRST, SECOND = Run("pe", False), Run("pe", True)
SECONDS = {FIRST: 100, SECOND: 101}


class Here:
    """A pool that does at once what it is given."""

    def submit(self, do: Any, *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(do(*arguments))
        return future


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was done in what order; the second bench notices, and Yosys proves what is the same."""
    log: list[object] = []

    def attempt(run: Run, *arguments: Any) -> Kill | None:
        number = arguments[3]
        log.append((run, number))
        return Kill(run, "") if run == SECOND and number == 1 else None

    def prove(_: object, mutant: object, seconds: int, induction: bool) -> bool:
        assert not induction and seconds < trials.LONG_SECONDS
        log.append(mutant)
        return mutant == SAME

    monkeypatch.setattr(trials, "attempt", attempt)
    monkeypatch.setattr(trials, "_timed", lambda run, *_: (None, SECONDS.get(run, 200)))
    monkeypatch.setattr(trials, "is_equivalent", prove)
    return log


def test_before_long_benches_it_is_asked_whether_there_is_anything_to_notice(
    done: list[object],
) -> None:
    tried = Trials(TINY)
    tried._on_stage(["pe"], [NOTICED, SAME], Here())  # type: ignore[arg-type]
    builds, *others = done
    assert builds == (FIRST, 0)
    assert others == [(FIRST, 1), NOTICED, (SECOND, 1), (SECOND, 2), SAME]
    assert set(tried.kills) == {NOTICED.name}
    assert tried.proven == {NOTICED.name: False, SAME.name: True}


def test_before_short_benches_it_is_not(
    done: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "LONG_SECONDS", 1000)
    tried = Trials(TINY)
    tried._on_stage(["pe"], [NOTICED, SAME], Here())  # type: ignore[arg-type]
    assert [one for one in done if not isinstance(one, tuple)] == []
    assert tried.proven == {}
