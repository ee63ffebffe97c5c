"""Programs whose modes the machine chooses."""

import numpy as np
import pytest

from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.network.dit import dit
from golden.network.unet import unet
from golden.step.compilation import compile_step
from golden.step.program import Choosing, Entry
from golden.workload.workload import Workload
from tb.stimuli.random_workloads import random_workload
from tests.helpers.step_runs import assert_steps_equal

TINY = load_config("tiny")


def small_unet() -> Workload:
    graph = unet(6, 10, width=8, groups=2, heads=2, classes=3, tokens=3)
    return random_workload(graph, (6, 6, 1))


def small_dit() -> Workload:
    return random_workload(dit(8, 18, depth=1, patch=4, heads=3, classes=2), (8, 8, 1))


@pytest.mark.parametrize("workload", [small_unet, small_dit])
@pytest.mark.parametrize("seed", range(2))
def test_any_choice_leaves_the_same_steps(workload, seed: int) -> None:
    """Each layer in another mode at each step, whatever it ran in before."""
    rng = np.random.default_rng(seed)
    modes = Choosing.DEFO_PLUS.modes

    def choose(step: int, _: Entry) -> Mode:
        return modes[rng.integers(len(modes))] if step else Mode.ACT

    model = workload()
    program = compile_step(model, TINY, Choosing.DEFO_PLUS)
    assert_steps_equal(program, model, 4, seed, choose)


@pytest.mark.parametrize("flow", Choosing)
def test_every_product_lies_in_a_variant_of_its_node(flow: Choosing) -> None:
    model = small_unet()
    program = compile_step(model, TINY, flow)
    assert set(program.queues) == {"odd", "even"}
    places = set()
    for queue in program.queues.values():
        choices = [entry for entry in queue.entries if entry.kind == "choose"]
        nodes = [node.name for node in model.integer.graph.matmuls()]
        assert [entry.node for entry in choices] == [
            n for n in nodes if n in {e.node for e in choices}
        ]
        assert not any(entry.product for entry in queue.entries)
        for number, choice in enumerate(choices):
            descriptor = choice.descriptor
            assert isinstance(descriptor, ChoiceDescriptor)
            assert descriptor.entry == number
            assert set(choice.variants) == set(flow.modes)
            for mode, entries in choice.variants.items():
                address, count = descriptor.variant(mode)
                assert count == len(entries)
                assert {e.product.mode for e in entries if e.product} == {mode}
                for n, entry in enumerate(entries):
                    assert entry.address == address + n * DESCRIPTOR_BYTES
                    assert entry.node == choice.node
        for entry in queue.every():
            assert entry.address not in places
            places.add(entry.address)
            data = program.memory[entry.address : entry.address + DESCRIPTOR_BYTES]
            assert data.tobytes() == entry.descriptor.pack()


def test_a_graph_with_more_choices_than_entries_is_refused() -> None:
    config = TINY.model_copy(update={"defo_entries": 4})
    with pytest.raises(
        DittosimError, match=r"chooses the modes of \d+ layers, more than defo_entries = 4"
    ):
        compile_step(small_unet(), config, Choosing.DEFO)
    compile_step(small_unet(), config, Mode.TEMPORAL)


def test_what_the_host_writes() -> None:
    assert [Choosing.DEFO.host_value(step) for step in range(4)] == [0, 1, 2, 2]
    assert [Choosing.DEFO_PLUS.host_value(step) for step in range(4)] == [4, 5, 6, 6]
