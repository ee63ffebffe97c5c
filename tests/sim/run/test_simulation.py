"""What a simulation of a whole run does on the way: threads, and activations that are kept."""

import threading

import numpy as np
import pytest

import sim.run.activations
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.workload.run import Run
from golden.workload.workload import load_workload
from sim.run import simulation as module
from sim.run.activations import observe_kept
from sim.run.simulation import Simulation, simulate

UNET = load_workload("digits-unet")
TINY, SMALL = load_config("tiny"), load_config("small")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The runs that are computed, from an empty memory on."""
    seen: list[Run] = []
    compute = Run.observe

    def observe(run: Run, *arguments: object, **options: object) -> np.ndarray:
        seen.append(run)
        return compute(run, *arguments, **options)

    monkeypatch.setattr(Run, "observe", observe)
    monkeypatch.setattr(sim.run.activations, "_kept", {})
    return seen


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


def test_machines_share_the_activations_of_a_run(runs: list[Run]) -> None:
    for config in (TINY, SMALL):
        for mode in Mode:
            kept, anew = (Simulation(config, [mode], threads=1) for _ in range(2))
            images = simulate(UNET, kept, steps=3, seed=4, keep=True)
            computed = len(runs)
            np.testing.assert_array_equal(simulate(UNET, anew, steps=3, seed=4), images)
            assert list(kept.cycles.items()) == list(anew.cycles.items())
            assert computed == len(runs) - 1
    assert len(runs) == 1 + 6


@pytest.mark.parametrize("other", ["steps", "images", "seed", "weights"])
def test_another_run_is_computed(runs: list[Run], other: str) -> None:
    first = Run(UNET, 2)
    weights = {name: -tensor for name, tensor in UNET.weights.items()}
    second = {
        "steps": Run(UNET, 3),
        "images": Run(UNET, 2, images=2),
        "seed": Run(UNET, 2, seed=1),
        "weights": Run(type(UNET)(UNET.name, UNET.description, weights), 2),
    }[other]
    for run in (first, second):
        seen: list[LayerStep] = []
        observe_kept(run, seen.append)
        expected: list[LayerStep] = []
        run.observe(expected.append)
        assert len(seen) == len(expected)
        for a, b in zip(seen, expected, strict=True):
            np.testing.assert_array_equal(a.accumulators, b.accumulators)
    assert runs == [first, first, second, second]


def test_a_large_run_is_not_kept(runs: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    run, sizes = Run(UNET, 2), []
    run.observe(lambda one: sizes.append(one.operands.first.nbytes + one.accumulators.nbytes))
    monkeypatch.setattr(sim.run.activations, "LIMIT_BYTES", sum(sizes))
    seen: list[LayerStep] = []
    for _ in range(2):  # attention's second operands count, too
        observe_kept(run, seen.append)
    assert len(runs) == 3
    assert sim.run.activations._kept == {}
    assert len(seen) == 2 * len(sizes)


def test_what_is_kept_is_bounded(runs: list[Run]) -> None:
    for seed in range(3):
        observe_kept(Run(UNET, 2, seed=seed), lambda _: None)
    assert len(runs) == 3
    assert len(sim.run.activations._kept) == 1
