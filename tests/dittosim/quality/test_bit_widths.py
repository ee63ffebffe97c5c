import numpy as np

from dittosim.quality.bit_widths import temporal_bit_widths
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.workload.workload import load_workload
from tests.helpers.tiny_digits import STEPS, save_tiny_digits


def test_counts_all_layers_from_the_second_step_on(tmp_path):
    workload = load_workload(str(save_tiny_digits(tmp_path)))
    noise = workload.noise(2, 0)
    counts = {"zero": 0, "narrow": 0, "wide": 0}
    seen: dict[str, int] = {}

    def observe(layer_step: LayerStep) -> None:
        name = layer_step.layer.name
        seen[name] = seen.get(name, 0) + 1
        if layer_step.step == 0:
            return
        operands, before = layer_step.operands, layer_step.previous.operands
        pairs = [(operands.first, before.first)]
        if layer_step.layer.moving:
            pairs.append((operands.second, before.second))
        for now, then in pairs:
            size = np.abs(now.astype(int) - then.astype(int))
            counts["zero"] += int((size == 0).sum())
            counts["narrow"] += int(((size > 0) & (size < 16)).sum())
            counts["wide"] += int((size >= 16).sum())

    workload.sample(Mode.TEMPORAL, noise, observer=observe)
    found = temporal_bit_widths(workload, noise)
    assert set(seen.values()) == {STEPS}
    assert {name: getattr(found, name) for name in counts} == counts
    assert min(counts.values()) > 0


def test_one_step_has_no_differences(tmp_path):
    workload = load_workload(str(save_tiny_digits(tmp_path)))
    assert temporal_bit_widths(workload, workload.noise(1, 0), steps=1).elements == 0
