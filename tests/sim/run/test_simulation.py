"""What a simulation of a whole run does on the way: threads."""

import threading

import pytest

from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.workload.workload import load_workload
from sim.run import simulation as module
from sim.run.simulation import Simulation, simulate

UNET = load_workload("digits-unet")
TINY, SMALL = load_config("tiny"), load_config("small")


def test_threads_give_what_one_thread_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, threaded = (Simulation(SMALL, list(Mode), threads=n) for n in (1, 3))
    simulate(UNET, alone, steps=2)
    monkeypatch.setattr(module, "ELEMENTS_FOR_THREADS", 1)
    simulate(UNET, threaded, steps=2)
    assert list(threaded.cycles.items()) == list(alone.cycles.items())


@pytest.mark.parametrize(("modes", "threads"), [([Mode.ACT], 0), (list(Mode), 3)])
def test_threads_of_a_run_are_made_once(
    monkeypatch: pytest.MonkeyPatch, modes: list[Mode], threads: int
) -> None:
    started: list[str] = []
    start = threading.Thread.start
    monkeypatch.setattr(
        threading.Thread, "start", lambda self: (started.append(self.name), start(self))[1]
    )
    monkeypatch.setattr(module, "ELEMENTS_FOR_THREADS", 1)
    simulate(UNET, Simulation(TINY, modes, threads=3), steps=3)
    assert len(started) <= threads
    assert bool(started) == bool(threads)
