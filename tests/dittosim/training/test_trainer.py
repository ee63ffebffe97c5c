from typing import Any

import numpy as np
import pytest

from dittosim.training.config import TrainingConfig
from golden.errors import DittosimError
from golden.network.resnet import resnet
from tests.helpers.normal_weights import random_weights

torch = pytest.importorskip("torch")

GRAPH = resnet(8, (8,), blocks=1, classes=3, groups=2)
PRUNING = {"sparsity": 0.5, "every": 2, "until": 6}


class Brightness:
    """Tells which of three kinds of noise an image is."""

    count = 12
    measure = "nothing"

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self.calls = 0

    def loss(self, model: Any, chosen: Any, random: Any) -> Any:
        self.calls += 1
        classes = chosen % 3
        noise = torch.randn(len(chosen), 8, 8, 1, generator=random)
        scores = model(noise * (1 + classes[:, None, None, None]), torch.zeros(len(chosen)))
        return self.scale * torch.nn.functional.cross_entropy(scores[:, 0, 0], classes)

    def score(self, graph: Any, weights: Any) -> None:
        return None


def config(**fields: Any) -> TrainingConfig:
    values = {"model": "resnet", "epochs": 10, "batch": 4, "pruning": PRUNING} | fields
    return TrainingConfig.model_validate(values)


def train(wanted: TrainingConfig, task: Brightness | None = None, **options: Any):
    from dittosim.training.trainer import train

    return train(wanted, GRAPH, task or Brightness(), **options)


def assert_same(one: Any, other: Any) -> None:
    assert one.losses == other.losses
    assert one.selections == other.selections
    assert one.graph == other.graph
    for name, values in one.weights.items():
        np.testing.assert_array_equal(values, other.weights[name], name)


def test_it_learns_and_prunes():
    found = train(config(epochs=60))
    assert np.mean(found.losses[-5:]) < 0.8 * np.mean(found.losses[:5])
    assert [each.epoch for each in found.selections] == [2, 4, 6]
    assert found.kept.keys() == {"stage0.block0.conv0"}
    (kept,) = found.kept.values()
    assert len(kept) < 8
    shapes = {name: values.shape for name, values in found.weights.items()}
    assert shapes == found.graph.parameter_shapes()


def test_a_seed_gives_one_training():
    assert_same(train(config(seed=1)), train(config(seed=1)))
    assert train(config(seed=1)).losses != train(config(seed=2)).losses


def test_without_pruning_all_stays():
    found = train(config(pruning=None))
    assert found.graph == GRAPH
    assert not found.selections


def test_training_starts_from_the_weights_given():
    weights = random_weights(GRAPH)
    found = train(config(epochs=1, pruning=None, rate=1e-12), weights=weights)
    for name, values in found.weights.items():
        np.testing.assert_allclose(values, weights[name], atol=1e-6)


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("after", [3, 5, 6, 8])
def test_interrupted_training_ends_as_if_it_had_not_been(tmp_path, after):
    def stop(epoch: int, _: float) -> None:
        if epoch == after:
            raise StoppedError

    checkpoint = tmp_path / "checkpoint.pt"
    with pytest.raises(StoppedError):
        train(config(), checkpoint=checkpoint, progress=stop)
    task = Brightness()
    found = train(config(), task, checkpoint=checkpoint)
    assert task.calls == 3 * (10 - after // 5 * 5)
    assert_same(found, train(config()))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_checkpoints_of_others_and_damaged_ones_are_refused(tmp_path):
    checkpoint = tmp_path / "checkpoint.pt"
    train(config(), checkpoint=checkpoint)
    with pytest.raises(DittosimError, match="is of another training"):
        train(config(seed=9), checkpoint=checkpoint)
    with pytest.raises(DittosimError, match="or its model changed"):
        train(config(), checkpoint=checkpoint, source="other")
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(DittosimError, match="cannot read checkpoint"):
        train(config(), checkpoint=checkpoint)


def test_a_loss_that_is_not_finite_ends_training():
    with pytest.raises(DittosimError, match="epoch 1: the loss is not finite"):
        train(config(), Brightness(float("nan")))


def test_learning_rate():
    from dittosim.training.trainer import learning_rate

    rates = [learning_rate(config(rate=0.1), epoch) for epoch in np.linspace(0, 10, 101)]
    assert max(rates) == pytest.approx(0.1)
    assert np.argmax(rates) == 10
    assert rates[-1] == pytest.approx(0)
    two = config(rate=0.1, pruning=PRUNING | {"fine_tune_rate": 0.02})
    rates = [learning_rate(two, epoch) for epoch in np.linspace(0, 10, 101)]
    assert np.argmax(rates) == 6
    assert rates[59] < 0.001
    assert max(rates[60:]) == pytest.approx(0.02)
    assert 60 + np.argmax(rates[60:]) == 64
