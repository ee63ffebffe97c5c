from pathlib import Path

import numpy as np
import pytest

from golden.denoising.calibration import Calibration
from golden.workload.recalibration import recalibrated
from golden.workload.workload import Workload, load_workload
from tests.helpers.tiny_digits import save_tiny_digits


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Workload:
    folder: Path = tmp_path_factory.mktemp("tiny")
    return load_workload(str(save_tiny_digits(folder)))


def test_as_models_in_the_package_are_calibrated(workload):
    found = recalibrated(workload, Calibration.ABSMAX)
    assert found.description.formats == workload.description.formats
    assert found.weights is workload.weights


@pytest.mark.parametrize("method", [Calibration.PERCENTILE, Calibration.MSE])
def test_other_methods_clip(workload, method):
    found = recalibrated(workload, method).description
    assert found.graph == workload.description.graph
    pairs = [(found.formats[name], own) for name, own in workload.description.formats.items()]
    narrow = np.array([(new.scale, own.scale) for new, own in pairs if own.bits == 8])
    assert (narrow[:, 0] <= narrow[:, 1]).all()
    assert (narrow[:, 0] < narrow[:, 1]).any()
    assert all(new == own for new, own in pairs if own.bits == 16)
