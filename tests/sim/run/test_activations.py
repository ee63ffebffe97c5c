"""Activations that are there already: everything is as if they were computed for it alone."""

import pickle

import numpy as np
import pytest

import sim.run.activations
from dittosim.flows import FlowName, machine_flow
from dittosim.programs.steps import planned_program
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.workload.run import Run
from golden.workload.workload import load_workload
from sim.run.activations import Activations
from sim.run.whole_run import whole_runs

FLOWS = [flow for flow in FlowName if flow is not FlowName.FLOAT]


def recorded(run: Run, *, one_by_one: bool = True) -> Activations:
    found = Activations.of(run, one_by_one=one_by_one)
    assert found
    return found


@pytest.mark.parametrize("name", ["digits-unet", "digits-cond", "digits-dit"])
@pytest.mark.parametrize("one_by_one", [False, True])
def test_layers_multiply_what_they_multiply_in_the_run(name: str, one_by_one: bool) -> None:
    run = Run.of(load_workload(name), 3, images=2, seed=4)
    found = pickle.loads(pickle.dumps(recorded(run, one_by_one=one_by_one)))
    assert len(found.batches) == (2 if one_by_one else 1)
    seen = []
    run.observe(seen.append)
    for layer_step in seen:
        parts = [batch[layer_step.step][layer_step.layer.name] for batch in found.batches]
        for mode in Mode:
            each = [part.products(mode) for part in parts]
            for number, product in enumerate(layer_step.products(mode)):
                rows = np.concatenate([one[number].rows for one in each])
                assert np.array_equal(rows, product.rows)
                assert each[0][number].weights.shape[-2:] == product.weights.shape[-2:]
                if product.previous_rows is not None:
                    before = [one[number].previous_rows for one in each]
                    assert np.array_equal(np.concatenate(before), product.previous_rows)


@pytest.mark.parametrize(
    ("name", "flow"),
    [
        *(("digits-unet", flow) for flow in FLOWS),
        ("digits-cond", FlowName.DEFO),
        ("digits-dit", FlowName.DEFO_PLUS),
        ("digits-dit", FlowName.RAW_ATTENTION),
    ],
)
def test_programs_and_cycles_are_the_same(name: str, flow: FlowName) -> None:
    workload, config = load_workload(name), load_config("small")
    run = Run.of(workload, 4, images=2, seed=1)
    found = recorded(run)
    settings = {"steps": 4, "seed": 1}
    program = planned_program(workload, config, machine_flow(flow), **settings)
    again = planned_program(workload, config, machine_flow(flow), **settings, activations=found)
    assert np.array_equal(program.memory, again.memory)
    assert repr(program.queues) == repr(again.queues)
    settings |= {"images": 2, "events": True}
    (whole,) = whole_runs({flow: program}, workload, **settings).values()
    (other,) = whole_runs({flow: again}, workload, **settings, activations=found).values()
    assert whole.steps == other.steps
    assert whole.modes == other.modes
    for step in range(4):
        assert whole.array(step=step) == other.array(step=step)
    assert [whole.node(name) for name in whole.names()] == [
        other.node(name) for name in other.names()
    ]


def test_too_many_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.of(load_workload("digits-unet"), 2)
    size = recorded(run).data.nbytes
    monkeypatch.setattr(sim.run.activations, "LIMIT_BYTES", size)
    assert recorded(run).data.nbytes == size
    monkeypatch.setattr(sim.run.activations, "LIMIT_BYTES", size - 1)
    assert Activations.of(run, one_by_one=True) is None
