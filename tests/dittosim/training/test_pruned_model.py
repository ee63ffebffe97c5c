import numpy as np
import pytest

from dittosim.training.config import PruningConfig
from golden.network.unet import unet
from tests.helpers.normal_weights import random_weights

torch = pytest.importorskip("torch")

GRAPH = unet(8, 8, width=8, groups=2)
PLAN = PruningConfig(sparsity=0.5, every=1, until=10)


def new_model(weights: dict[str, np.ndarray] | None = None):
    from dittosim.training.pruned_model import PrunedModel

    return PrunedModel(GRAPH, weights or random_weights(GRAPH), rate=0.01)


def train(model, steps: int, seed: int = 0) -> None:
    random = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        image = torch.randn(2, 8, 8, 1, generator=random)
        loss = (model.model(image, torch.tensor([3, 50])) - image).square().mean()
        model.step(loss, rate=0.01, decay=0.9)


def snapshot(model) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in model.state().items()}


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], name)


def test_unpruned_it_is_plain_adamw():
    from dittosim.training.torch_graph import TorchGraph

    weights = random_weights(GRAPH)
    found = new_model(weights)
    train(found, 5)
    plain = TorchGraph(GRAPH)
    plain.load(weights)
    optimizer = torch.optim.AdamW(plain.parameters(), lr=0.01, weight_decay=1e-4)
    random = torch.Generator().manual_seed(0)
    for _ in range(5):
        image = torch.randn(2, 8, 8, 1, generator=random)
        loss = (plain(image, torch.tensor([3, 50])) - image).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
        optimizer.step()
    for name, values in plain.arrays().items():
        np.testing.assert_array_equal(found.model.arrays()[name], values, name)


def test_storing_and_reviving_changes_nothing():
    """The optimizer's state included: interrupted by a selection of all, training is the same."""
    whole, cut = new_model(), new_model()
    train(whole, 6)
    train(cut, 3)
    nothing = PLAN.model_copy(update={"sparsity": 0.0})
    cut.select(nothing, np.random.default_rng(0), share=0)
    random = torch.Generator().manual_seed(0)
    for _ in range(3):
        torch.randn(2, 8, 8, 1, generator=random)
    for _ in range(3):
        image = torch.randn(2, 8, 8, 1, generator=random)
        loss = (cut.model(image, torch.tensor([3, 50])) - image).square().mean()
        cut.step(loss, rate=0.01, decay=0.9)
    assert_same(snapshot(whole), snapshot(cut))


def test_a_selection_removes_channels_and_keeps_the_values_of_the_others():
    model = new_model()
    train(model, 3)
    before = snapshot(model)
    found = model.select(PLAN, np.random.default_rng(0), share=0)
    assert_same(
        {n: v for n, v in before.items() if not n.startswith("kept")},
        {n: v for n, v in snapshot(model).items() if not n.startswith("kept")},
    )
    assert found.keys() == model.layers.keys()
    for name, (count, coverage) in found.items():
        filters = model.layers[name].filters
        assert len(model.kept[name]) == count
        assert count % 2 == 0
        assert coverage is None or count < filters
    kept = model.kept["middle.conv0"]
    assert 0 < len(kept) < 8
    live = model.model.arrays()
    full = before["weight/middle.conv0.weight"]
    np.testing.assert_array_equal(live["middle.conv0.weight"], full[..., kept])
    reader = before["weight/middle.conv1.weight"]
    np.testing.assert_array_equal(live["middle.conv1.weight"], reader[:, :, kept])
    assert {n: v.shape for n, v in live.items()} == model.live.parameter_shapes()


def test_removed_channels_stand_still_and_come_back_as_they_were():
    model = new_model()
    train(model, 3)
    model.select(PLAN, np.random.default_rng(0), share=0)
    kept = model.kept["middle.conv0"]
    removed = np.setdiff1d(np.arange(8), kept)
    before = snapshot(model)
    train(model, 3)
    model.store()
    for kind in ("weight", "average", "exp_avg", "exp_avg_sq"):
        name = f"{kind}/middle.conv0.weight"
        after = snapshot(model)[name]
        np.testing.assert_array_equal(after[..., removed], before[name][..., removed])
        assert not np.array_equal(after[..., kept], before[name][..., kept])
    model.select(PLAN, np.random.default_rng(1), share=1)
    assert len(model.kept["middle.conv0"]) == 8
    live = model.model.arrays()["middle.conv0.weight"]
    expected = before["weight/middle.conv0.weight"]
    np.testing.assert_array_equal(live[..., removed], expected[..., removed])
    train(model, 1)
    moved = model.model.arrays()["middle.conv0.weight"]
    assert not np.array_equal(moved[..., removed], live[..., removed])


def test_a_channel_without_weight_is_of_no_matter_and_goes_first():
    weights = random_weights(GRAPH)
    for name in list(weights):
        if name.endswith("out.norm.weight"):
            weights[name] = np.ones_like(weights[name])
    weights["middle.out.norm.weight"] = np.array([1, 0, 0, 1, 0, 1, 1, 0], np.float32)
    model = new_model(weights)
    plan = PLAN.model_copy(update={"sparsity": 4 / 24})
    model.select(plan, np.random.default_rng(0), share=0)
    assert {name: len(kept) for name, kept in model.kept.items()} == {
        "encoder.conv0": 8,
        "middle.conv0": 4,
        "decoder.conv0": 8,
    }


@pytest.mark.parametrize("columns", [1, 3, 4, 16])
def test_kept_counts_stay_multiples(columns):
    from dittosim.training.pruned_model import PrunedModel
    from golden.network.dit import dit

    graph = dit(8, 8, depth=2, patch=2, heads=2, classes=3)
    model = PrunedModel(graph, random_weights(graph), rate=0.01)
    rng = np.random.default_rng(columns)
    for sparsity in (0.5, 0.9, 0.3, 0.6, 0.1, 0.0):
        plan = PLAN.model_copy(update={"sparsity": sparsity, "columns": columns})
        for count, _ in model.select(plan, rng, share=0.11).values():
            assert count == 32 or count % columns == 0
            assert count > 0


def test_state_of_another_model_is_refused():
    from dittosim.training.pruned_model import PrunedModel

    other = unet(16, 16, width=8, groups=2)
    state = PrunedModel(other, random_weights(other), rate=0.01).state()
    with pytest.raises(ValueError, match="broadcast"):
        new_model().restore(state)
