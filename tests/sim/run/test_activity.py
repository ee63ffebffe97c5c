from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import pytest

from golden.accelerator.counters import KINDS, VECTOR_CAUSES
from golden.denoising.samplers import Sampler, images_by_step
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.step.compilation import compile_step
from golden.step.program import Choosing
from golden.workload.workload import load_workload
from sim.run.activity import Busy, Unit, simulated_units
from sim.run.steps import StepSimulator, StepTimeline
from tests.helpers.tiny_digits import save_tiny_digits

Watched = list[tuple[StepTimeline, list[Busy]]]


@pytest.fixture(scope="module", params=[Mode.ACT, Mode.TEMPORAL, Choosing.DEFO_PLUS])
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Three steps, and what the units did in them."""
    folder = save_tiny_digits(Path(tmp_path_factory.mktemp("workloads")) / "tiny")
    workload = load_workload(str(folder))
    program = compile_step(workload, load_config("tiny"), request.param)
    simulator = StepSimulator(program, workload)
    noise, schedule = workload.noise(1, 0), workload.description.schedule
    images = images_by_step(Sampler.DDIM, simulator, noise, schedule, 3, 0)
    found = []
    for _ in islice(images, 3):
        assert simulator.queue
        found.append((simulator.steps[-1], simulated_units(simulator.queue)))
    return found


def lasts(step: StepTimeline, choices: list[Busy]) -> Iterator[tuple[Busy, int]]:
    """Choices, and the place of the last layer of the variant that was taken."""
    for busy in choices:
        entry = step.entries[busy.layer]
        yield busy, busy.layer + len(entry.variants[step.modes[entry.node]])


def of(units: list[Busy], *wanted: Unit) -> list[Busy]:
    return [busy for busy in units if busy.unit in wanted]


def test_totals_are_the_counters(watched: Watched) -> None:
    for step, units in watched:
        counters = step.counters
        passes = sum(busy.cycles for busy in of(units, Unit.PASSES))
        assert passes == counters.cycles_compute
        vector = sum(busy.cycles for busy in of(units, Unit.VECTOR))
        assert vector == sum(getattr(counters, f"vector_{cause}") for cause in VECTOR_CAUSES)
        for kind in KINDS:
            moved = sum(busy.moved for busy in units if busy.unit.moves == kind)
            assert moved == getattr(counters, f"bytes_{kind}")
        layers = of(units, Unit.LAYERS)
        assert sum(busy.cycles for busy in layers) == layers[-1].last == step.layers[-1].ended


def test_a_unit_does_one_thing_at_a_time(watched: Watched) -> None:
    for _, units in watched:
        for unit in Unit:
            for one, following in pairwise(of(units, unit)):
                assert one.first <= one.last < following.first
        # Reads share the channel of the words that they bring, writes theirs.
        for engine in ("memory reads", "memory writes"):
            moves = [busy for busy in units if busy.unit.engine == engine]
            for one, following in pairwise(sorted(moves, key=lambda busy: busy.first)):
                assert one.last < following.first
                assert one.asked < one.first <= one.last <= one.done


def test_every_layer_has_its_times(watched: Watched) -> None:
    for step, units in watched:
        entries = step.entries
        assert [busy.layer for busy in of(units, Unit.LAYERS)] == list(range(len(entries)))
        products = {busy.layer for busy in of(units, Unit.PASSES)}
        assert products == {n for n, entry in enumerate(entries) if entry.kind == "product"}
        choices = of(units, Unit.CHOICES)
        found = {entries[busy.layer].node: busy.cycles - 1 for busy in choices}
        assert set(found) == set(step.modes)
        if step is watched[-1][0]:
            # Nothing is measured: a variant is left when its last layer is started.
            assert not step.measured
            for busy, last in lasts(step, choices):
                assert busy.last == step.layers[last].started
        else:
            assert found == step.measured
        vector = {busy.layer for busy in of(units, Unit.VECTOR, Unit.OUTPUT)}
        assert vector == {n for n, entry in enumerate(entries) if entry.kind == "vector"}
