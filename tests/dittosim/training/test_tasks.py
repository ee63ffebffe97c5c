from dataclasses import replace

import numpy as np
import pytest

from golden.floating.execution import run_graph
from golden.network.resnet import resnet
from golden.workload.workload import load_workload
from tests.helpers.tiny_digits import save_tiny_digits

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")


def random_images(count: int, size: int = 16) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, (count, size, size, 1)).astype(np.float32)
    return images, rng.integers(0, 10, count)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
def test_what_is_predicted_costs_nothing(tmp_path, prediction):
    from dittosim.training.tasks import Denoising

    workload = load_workload(str(save_tiny_digits(tmp_path)))
    d = workload.description
    schedule = d.schedule.model_copy(update={"prediction": prediction})
    workload = replace(workload, description=d.model_copy(update={"schedule": schedule}))
    images, labels = random_images(20)
    task = Denoising(images, labels, workload)
    signal = workload.description.schedule.signal()
    chosen = torch.arange(8)

    def oracle(noisy, time, classes):
        np.testing.assert_array_equal(classes, labels[:8])
        share = torch.from_numpy(signal).float()[time][:, None, None, None]
        clean = torch.from_numpy(images)[chosen]
        noise = (noisy - share.sqrt() * clean) / (1 - share).sqrt()
        velocity = share.sqrt() * noise - (1 - share).sqrt() * clean
        return {"epsilon": noise, "v_prediction": velocity, "sample": clean}[prediction]

    random = torch.Generator().manual_seed(0)
    assert float(task.loss(oracle, chosen, random)) < 1e-8
    nothing = float(task.loss(lambda x, *_: 0 * x, chosen, random))
    assert nothing == pytest.approx(1, abs=0.1) if prediction == "epsilon" else nothing > 0.1


def test_distance_of_images_is_that_of_the_float_model(tmp_path, monkeypatch):
    from dittosim.quality.evaluation import evaluate
    from dittosim.training import tasks

    monkeypatch.setattr(tasks, "SCORED_IMAGES", 12)
    monkeypatch.setattr(tasks, "SCORED_BATCH", 5)
    monkeypatch.setattr(tasks, "SCORED_STEPS", 3)
    workload = load_workload(str(save_tiny_digits(tmp_path)))
    task = tasks.Denoising(*random_images(20), workload)
    images = workload.sample_float(workload.noise(12, 0), 3)
    expected = evaluate(images, workload.labels(12)).distance
    found = task.score(workload.description.graph, workload.weights)
    assert found == pytest.approx(expected, rel=1e-3)


def test_distances_need_images_of_the_digits_size(tmp_path):
    from dittosim.training.tasks import Denoising

    workload = load_workload(str(save_tiny_digits(tmp_path, image=(8, 8, 1))))
    task = Denoising(*random_images(4, 8), workload)
    assert task.score(workload.description.graph, workload.weights) is None


def test_held_out_digits_are_never_trained_on():
    from dittosim.training.tasks import HELD_OUT, Classification

    count = HELD_OUT + 50
    images = np.zeros((count, 4, 4, 1), np.float32)
    images[:] = np.arange(count)[:, None, None, None]
    task = Classification(images, np.arange(count))
    assert task.count == 50
    seen, asked = set(), []

    def model(noisy, _time):
        seen.update(noisy.mean(dim=(1, 2, 3)).round().int().tolist())
        return torch.zeros(len(noisy), 1, 1, count)

    task.loss(model, torch.arange(task.count), torch.Generator().manual_seed(0))
    assert len(seen) == 50

    def record(_graph, _weights, held_out, **_):
        asked.extend(held_out[:, 0, 0, 0].astype(int).tolist())
        return np.eye(count)[held_out[:, 0, 0, 0].astype(int)][:, None, None]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dittosim.training.tasks.run_graph", record)
        assert task.score(resnet(4, (4,), blocks=1, classes=2), {}) == 1
    assert seen.isdisjoint(asked)
    assert len(seen) + len(asked) == count
    assert run_graph is not record
