import numpy as np
import pytest

from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.difference.tile import TileModel
from golden.machine.config import MachineConfig, load_config
from golden.workload.workload import load_workload
from sim.run.layer import layer_cycles
from sim.tile.lane_slots import lane_slots
from sim.tile.tile import tile_cycles
from tb.harness.task import Task
from tb.runner import run_bench
from tb.stimuli.layer_runs import layer_runs
from tb.stimuli.tile_run import load_runs, save_runs


@pytest.fixture(scope="module")
def second_step() -> list[LayerStep]:
    steps: list[LayerStep] = []
    workload = load_workload("digits-unet")
    workload.sample(Mode.ACT, workload.noise(1, 0), 2, steps.append)
    return [step for step in steps if step.step == 1]


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("name", ["tiny", "small"])
def test_passes_give_the_accumulators_and_the_cycles_of_the_layer(
    second_step: list[LayerStep], mode: Mode, name: str
) -> None:
    config = load_config(name)
    for step in second_step:
        cycles = 0
        for instance, expected in enumerate(step.accumulators):
            model = TileModel(config)
            results = []
            for run in layer_runs(step, mode, config, instance=instance):
                if run.stored is not None:
                    model.stored[: len(run.stored)] = run.stored
                (job,) = run.jobs
                result = model.run(job, run.x, run.reference, run.weights)
                if job.emit:
                    results.append(result)
                cycles += tile_cycles(lane_slots(run.x, run.reference, config), config).total
            if len(step.products(mode)) == 2:  # the second operation is transposed
                expected = expected.T
            rows, columns = expected.shape
            blocks = -(-columns // config.columns)
            stacked = np.concatenate(results)[-rows * blocks :]
            merged = np.concatenate(np.split(stacked, blocks), axis=1)[:, :columns]
            np.testing.assert_array_equal(merged, expected, step.layer.name)
        assert layer_cycles(step, mode, config).cycles == cycles


def test_saved_runs_come_back(second_step: list[LayerStep], tmp_path) -> None:
    runs = list(layer_runs(second_step[0], Mode.TEMPORAL, load_config("tiny"), rows=10))
    save_runs(tmp_path / "runs.npz", runs)
    for saved, run in zip(load_runs(tmp_path / "runs.npz"), runs, strict=True):
        assert saved.jobs == run.jobs
        for field in ("weights", "stored", "x", "reference"):
            np.testing.assert_array_equal(getattr(saved, field), getattr(run, field))


@pytest.mark.parametrize("mode", Mode)
def test_real_layers_on_the_verilog(second_step: list[LayerStep], mode: Mode, tmp_path) -> None:
    config = load_config("small")
    runs = [run for step in second_step for run in layer_runs(step, mode, config, rows=3)]
    save_runs(tmp_path / "runs.npz", runs)
    findings = run_bench(Task(bench="tile", config=config, rows=tmp_path / "runs.npz"))
    assert findings.differences == 0, findings.first_difference
    assert findings.values == sum(len(run.x) * config.columns for run in runs)


@pytest.mark.long
@pytest.mark.parametrize("config", [load_config("tiny"), MachineConfig(rows_in_flight=2)])
@pytest.mark.parametrize("mode", Mode)
def test_whole_layers_on_the_verilog(
    second_step: list[LayerStep], mode: Mode, config: MachineConfig, tmp_path
) -> None:
    for step in second_step:
        if step.operands.first[0].size > 64 * 600:
            continue
        save_runs(tmp_path / "runs.npz", list(layer_runs(step, mode, config)))
        findings = run_bench(
            Task(bench="tile", config=config, rows=tmp_path / "runs.npz", stalls=True)
        )
        assert findings.differences == 0, findings.first_difference
