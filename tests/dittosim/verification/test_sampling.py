from pathlib import Path

import numpy as np
import pytest

import dittosim.verification.sampling
from dittosim.flows import FlowName
from dittosim.programs.images import Drawing, draw_on_sim
from dittosim.verification.sampling import check_sampling, sampling_points
from golden.workload.workload import load_workload, shipped_workloads
from tb.harness.simulators import Simulator
from tb.harness.task import Findings
from tb.stimuli.sampling_job import SamplingJob
from tests.helpers.emissions import emission
from tests.helpers.tiny_digits import save_tiny_digits


def assert_exact(workload: str, config: str, flow: FlowName, until: int) -> None:
    (point,) = sampling_points([workload], [config], [flow], None, until, 0)
    check = check_sampling(point, Simulator.VERILATOR)
    assert check.steps == until + 1
    assert check.findings.values > 0
    assert check.findings.cycles_rtl == check.findings.cycles_sim > 0
    assert check.findings.differences == 0, check.findings.first_difference


def test_proof_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of the cheapest workload that comes with dittosim: the first, an odd, an even one."""
    monkeypatch.setattr("tb.runner.emit", emission)
    assert_exact("digits-unet-s75", "tiny", FlowName.TEMPORAL, 2)


@pytest.mark.long
@pytest.mark.parametrize(
    "flow", [FlowName.ORIGINAL, FlowName.TEMPORAL, FlowName.SPATIAL, FlowName.RAW_ATTENTION]
)
@pytest.mark.parametrize("config", ["tiny", "small"])
@pytest.mark.parametrize("name", sorted(shipped_workloads()))
def test_workloads(name: str, config: str, flow: FlowName) -> None:
    assert_exact(name, config, flow, 2)


def test_the_image_is_that_of_the_integer_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where memory and counters are as golden and sim have them."""
    folder = str(save_tiny_digits(tmp_path / "digits"))
    off = 0.0

    def draw(job: SamplingJob, _: Simulator) -> Drawing:
        drawn = draw_on_sim(job, load_workload(job.workload))
        image = drawn.image.copy()
        image[0, 3, 5, 0] += off
        return Drawing(image, drawn.counters, Findings(), 1.0)

    monkeypatch.setattr(dittosim.verification.sampling, "draw_on_verilog", draw)
    (point,) = sampling_points([folder], ["tiny"], [FlowName.TEMPORAL], None, None, 3)
    found = check_sampling(point, Simulator.VERILATOR).findings
    assert (found.values, found.differences) == (256, 0)
    off = float(np.float32(0.5))
    found = check_sampling(point, Simulator.VERILATOR).findings
    assert (found.differences, found.first_difference) == (1, "image after step 2: pixel [3, 5, 0]")
