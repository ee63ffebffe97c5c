from collections.abc import Callable

import numpy as np
import pytest

from golden.accelerator.candidates import candidates
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig, load_config
from golden.network.builder import Builder
from golden.network.dit import dit
from golden.network.graph import IMAGE, Graph
from golden.network.nodes import AttentionMix, AttentionScores, Concat, Gelu, Softmax, Unpatchify
from golden.network.unet import unet
from golden.step.compilation import compile_step
from golden.workload.workload import load_workload
from tb.stimuli.random_workloads import random_workload
from tests.helpers.step_runs import assert_steps_equal

WIDE_BUS = MachineConfig(
    columns=16,
    tiles_m=2,
    tiles_n=4,
    weight_depth=64,
    bus_bytes=64,
    vector_words=64,
    previous_words=2048,
)
"""A bus word is the columns of four tiles."""
LITTLE_ROOM = MachineConfig(
    lanes=2,
    columns=8,
    tiles_m=2,
    tiles_n=2,
    beat_elements=8,
    fifo_depth=2,
    weight_depth=16,
    accumulator_depth=64,
    bus_bytes=8,
    vector_words=32,
    previous_words=512,
)
"""k is cut into chunks, and so is what is gathered."""
LONG_BEATS = MachineConfig(columns=32, tiles_n=2, beat_elements=32, vector_words=64)


def check(name: str, config: MachineConfig, flow: Mode, steps: int) -> None:
    workload = load_workload(name)
    assert_steps_equal(compile_step(workload, config, flow), workload, steps)


@pytest.mark.parametrize("flow", [Mode.ACT, Mode.TEMPORAL])
def test_a_step_is_that_of_the_integer_model(flow: Mode) -> None:
    check("digits-cond", load_config("small"), flow, 3)


@pytest.mark.long
@pytest.mark.parametrize("flow", list(Mode))
@pytest.mark.parametrize("preset", ["tiny", "small"])
@pytest.mark.parametrize(
    "name",
    [
        "digits-unet",
        "digits-cond",
        "digits-dit",
        "digits-unet-s50",
        "digits-unet-s75",
        "digits-dit-s50",
        "digits-dit-s75",
    ],
)
def test_shipped_workloads(name: str, preset: str, flow: Mode) -> None:
    check(name, load_config(preset), flow, 3)


@pytest.mark.long
@pytest.mark.parametrize("flow", [Mode.ACT, Mode.TEMPORAL])
@pytest.mark.parametrize("name", ["digits-cond", "digits-dit"])
@pytest.mark.parametrize(
    "config",
    [load_config("paper"), WIDE_BUS, LITTLE_ROOM, LONG_BEATS],
    ids=["paper", "wide-bus", "little-room", "long-beats"],
)
def test_machines_of_other_shapes(name: str, config: MachineConfig, flow: Mode) -> None:
    check(name, config, flow, 3)


def patches_of_colour() -> Graph:
    """Three channels, patches, one head, a table that nothing before it takes."""
    b = Builder()
    hidden = b.conv("in", IMAGE, 3, 12, 2, stride=2, padding=0)
    b.attention("attention", hidden, hidden, 12, 12, 1)
    both = b.add(Concat(name="both", inputs=("attention.project", hidden)))
    gelu = b.add(Gelu(name="gelu", inputs=(both,)))
    out = b.linear("out", gelu, 24, 12)
    b.add(Unpatchify(name="image_out", inputs=(out,), patch=2))
    return b.graph()


def attention_to_the_time() -> Graph:
    """Keys and values of one token that changes from step to step."""
    b = Builder()
    time = b.time_embedding("time", 4, 8)
    hidden = b.conv("in", IMAGE, 1, 6, 3)
    query = b.linear("query", hidden, 6, 10)
    key, value = b.linear("key", time, 8, 10), b.linear("value", time, 8, 10)
    scores = b.add(AttentionScores(name="scores", inputs=(query, key), heads=2))
    shares = b.add(Softmax(name="shares", inputs=(scores,), heads=2))
    mixed = b.add(AttentionMix(name="mix", inputs=(shares, value), heads=2))
    b.linear("out", mixed, 10, 1)
    return b.graph()


@pytest.mark.parametrize("flow", list(Mode))
@pytest.mark.parametrize("config", [load_config("tiny"), WIDE_BUS], ids=["tiny", "wide-bus"])
@pytest.mark.parametrize(
    ("graph", "image"),
    [
        (patches_of_colour, (6, 6, 3)),
        (attention_to_the_time, (4, 4, 1)),
        (lambda: unet(6, 10, width=8, groups=2, heads=2, classes=3, tokens=3), (6, 6, 1)),
        (lambda: dit(8, 18, depth=1, patch=4, heads=3, classes=2), (8, 8, 1)),
    ],
    ids=["colour", "time", "unet", "dit"],
)
def test_any_graph(
    graph: Callable[[], Graph], image: tuple[int, int, int], config: MachineConfig, flow: Mode
) -> None:
    workload = random_workload(graph(), image)
    assert_steps_equal(compile_step(workload, config, flow), workload, 3)


@pytest.mark.parametrize("seed", range(3))
def test_any_plan(seed: int) -> None:
    rng = np.random.default_rng(seed)
    workload = random_workload(dit(8, 18, depth=1, patch=2, heads=2, classes=2), (8, 8, 1))
    for flow in (Mode.ACT, Mode.TEMPORAL):
        program = compile_step(workload, LITTLE_ROOM, flow)
        plans = {}
        for queue in program.queues.values():
            for entry in queue.entries:
                if entry.product:
                    of = entry.product
                    every = list(candidates(of.plan.shape, flow, LITTLE_ROOM))
                    plans[of.layer, of.number] = every[rng.integers(len(every))]
        program = compile_step(workload, LITTLE_ROOM, flow, plans)
        assert_steps_equal(program, workload, 3, seed)
