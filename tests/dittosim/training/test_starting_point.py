import numpy as np
import pytest

from dittosim.training.config import TrainingConfig
from dittosim.training.starting_point import starting_point
from golden.errors import DittosimError
from tests.helpers.tiny_digits import save_tiny_digits


def start(model: object, **fields: object):
    return starting_point(
        TrainingConfig.model_validate({"model": str(model), "epochs": 1} | fields)
    )


def test_weights_are_the_workloads_if_asked_for(tmp_path):
    folder = save_tiny_digits(tmp_path / "tiny")
    assert start(folder).weights is None
    found = start(folder, start="trained")
    assert found.workload
    assert found.weights is found.workload.weights
    assert found.image_shape == (16, 16, 1)
    assert found.graph.parameter_shapes().keys() == found.weights.keys()


def test_the_classifier_is_drawn_at_random():
    found = start("resnet")
    assert (found.workload, found.weights, found.image_shape) == (None, None, (16, 16, 1))
    assert np.prod(found.graph.shapes(found.image_shape)["classes"]) == 10


def test_models_that_are_not_of_digits(tmp_path):
    wide = save_tiny_digits(tmp_path / "wide", image=(16, 12, 1))
    with pytest.raises(DittosimError, match="images of 'wide' are 16 x 12 x 1"):
        start(wide)
    few = save_tiny_digits(tmp_path / "few", classes=3)
    with pytest.raises(DittosimError, match="'few' has 3 classes"):
        start(few)
    with pytest.raises(DittosimError, match="no workload 'nothing'"):
        start("nothing")


def test_a_changed_workload_has_another_digest(tmp_path):
    folder = save_tiny_digits(tmp_path / "tiny")
    before = start(folder)
    assert before.digest == start(folder).digest != ""
    path = folder / "workload.json"
    path.write_text(path.read_text().replace('"steps": 3', '"steps": 4'))
    assert start(folder).digest != before.digest
    assert start("resnet").digest == ""
