import logging

import pytest

from dittosim import compiling, streams


def compile_for(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Numba does, whose listener says what it begins with."""
    now = 1000.0
    monkeypatch.setattr("time.time", lambda: now)
    for _ in range(4):
        logging.getLogger("golden.jit").info("compiles %s", "something")
        now += seconds / 3


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("golden.jit")
    monkeypatch.setattr(logger, "handlers", logger.handlers)
    monkeypatch.setattr(logger, "level", logger.level)
    streams.prepare()
    compiling.prepare()


def test_what_takes_long_is_said_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_for(compiling.SECONDS - 0.1, monkeypatch)
    assert capsys.readouterr().err == ""
    compile_for(10 * compiling.SECONDS, monkeypatch)
    assert capsys.readouterr().err == f"{compiling.LINE}\n"


@pytest.mark.parametrize("way", ["quiet", "verbose"])
def test_not_where_nothing_or_all_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(streams, way, True)
    compile_for(10 * compiling.SECONDS, monkeypatch)
    assert capsys.readouterr().err == ""
