"""The order of layers, and where their buffers lie: values stay, and less has to wait."""

import zlib
from itertools import combinations, pairwise

import pytest

from golden.accelerator.accesses import Accesses, product_accesses
from golden.accelerator.descriptor import Descriptor
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig, load_config
from golden.network.dit import dit
from golden.network.unet import unet
from golden.step import lifetimes
from golden.step.compilation import compile_step
from golden.step.drafts import Draft, with_addresses
from golden.step.order import ordered
from golden.step.program import Choosing, ProgramFlow, StepProgram
from golden.vector.accesses import vector_accesses
from golden.vector.descriptor import VectorDescriptor
from golden.workload.workload import Workload
from tb.stimuli.random_workloads import random_workload

SMALL = load_config("small")
DIT = random_workload(dit(8, 18, depth=1, patch=2, heads=3, classes=2), (8, 8, 1))
UNET = random_workload(unet(6, 10, width=8, groups=2, heads=2, classes=3, tokens=3), (6, 6, 1))
FLOWS = (Mode.ACT, Mode.TEMPORAL, Choosing.DEFO_PLUS)


def drafts_of(
    workload: Workload, flow: ProgramFlow, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[list[Draft], list[Draft]]]:
    """Of every queue, as the compiler lowers and as it orders them."""
    found = []

    def seen(drafts: list[Draft], config: MachineConfig) -> list[Draft]:
        found.append((list(drafts), ordered(drafts, config)))
        return found[-1][1]

    monkeypatch.setattr("golden.step.compilation.ordered", seen)
    compile_step(workload, SMALL, flow)
    return found


def waits(program: StepProgram) -> list[tuple[int, ...]]:
    """What the layers of a program wait for."""
    found: list[tuple[int, ...]] = []
    for queue in program.queues.values():
        for entry in queue.every():
            one = entry.descriptor
            if isinstance(one, Descriptor):
                found.append((one.weights_wait, one.inputs_wait,
                              one.weights_wait_vectors, one.inputs_wait_vectors))  # fmt: skip
            elif isinstance(one, VectorDescriptor):
                found.append((one.products,))
    return found


@pytest.mark.parametrize("workload", [DIT, UNET])
@pytest.mark.parametrize("flow", FLOWS)
def test_layers_that_share_bytes_keep_their_order(
    workload: Workload, flow: ProgramFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    for before, after in drafts_of(workload, flow, monkeypatch):
        assert len(before) == len(after)
        queues = [(before, after)]
        for choice in (draft for draft in before if draft.variants):
            (same,) = (draft for draft in after if draft.name == choice.name)
            assert before.index(choice) == after.index(same)
            queues += [(list(choice.variants[m]), list(same.variants[m])) for m in choice.variants]
        for given, found in queues:
            place = {id(draft): number for number, draft in enumerate(found)}
            for draft, behind in pairwise(found):
                if isinstance(draft.descriptor, VectorDescriptor) and draft.descriptor.fused:
                    assert isinstance(behind.descriptor, Descriptor)
                    assert behind.descriptor.output
            layers = [(draft, accesses(draft)) for draft in given if not draft.variants]
            for (one, first), (other, second) in combinations(layers, 2):
                if first.conflicts(second):
                    assert place[id(one)] < place[id(other)]


def accesses(draft: Draft) -> Accesses:
    """With buffers that lie far from each other."""
    fields = {}
    for field, place in draft.places.items():
        number = zlib.crc32(f"{place.buffer.name} {place.previous}".encode())
        fields[field] = (number << 24) + place.offset
    layer = with_addresses(draft.descriptor, fields)
    if isinstance(layer, VectorDescriptor):
        return vector_accesses(layer, SMALL)
    assert isinstance(layer, Descriptor)
    return product_accesses(layer, SMALL)


def test_products_of_the_next_head_come_before_vector_layers_of_this_one() -> None:
    program = compile_step(DIT, SMALL, Mode.TEMPORAL)
    names = [entry.name for entry in program.queues["odd"].entries]
    scores = "block0.attention.scores"
    assert names.index(f"{scores}[1]'") < names.index(f"{scores}:transposed.back[0]")
    products = [entry for entry in program.queues["odd"].entries if entry.kind == "vector"]
    beside = [e for e in products if isinstance(e.descriptor, VectorDescriptor)
              and 0 < e.descriptor.products < 3]  # fmt: skip
    assert beside


@pytest.mark.parametrize("flow", [Mode.ACT, Mode.TEMPORAL])
def test_what_needs_the_second_operand_only_comes_before_the_first_one_is_there(flow: Mode) -> None:
    queue = compile_step(DIT, SMALL, flow).queues["odd" if flow is Mode.TEMPORAL else "step"]
    names = [entry.name for entry in queue.entries]
    mix = "block0.attention.mix"
    ahead = ["packed"]
    if flow is Mode.TEMPORAL:
        ahead += ["transposed[2]", "first.packed", "second.transposed", "transposed.back[0]"]
    for layer in ahead:
        assert names.index(f"{mix}:{layer}") < names.index(f"{mix}[0]")
        assert names.index(f"{mix}:{layer}") < len(names) - 1 - names[::-1].index(
            "block0.attention.softmax"
        )
    assert f"{mix}:first.heads" not in names, "products take the softmax as it lies"


@pytest.mark.parametrize("flow", [Mode.ACT, Mode.SPATIAL, Mode.TEMPORAL])
def test_the_last_product_of_attention_has_its_output_stage(flow: Mode) -> None:
    program = compile_step(DIT, SMALL, flow)
    for queue in program.queues.values():
        for before, entry in pairwise(queue.entries):
            of, product = entry.product, entry.descriptor
            if not of or not of.layer.endswith((".scores", ".mix")):
                continue
            assert isinstance(product, Descriptor)
            assert product.output == (of.number == 0)
            assert product.discard == (flow is not Mode.TEMPORAL)
            if product.output:
                assert isinstance(before.descriptor, VectorDescriptor)
                assert before.descriptor.fused


@pytest.mark.parametrize("workload", [DIT, UNET])
def test_buffers_rest_so_that_reuse_makes_nothing_wait(
    workload: Workload, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = compile_step(workload, SMALL, Mode.ACT)
    monkeypatch.setattr(lifetimes, "REST", 0)
    tight = compile_step(workload, SMALL, Mode.ACT)
    monkeypatch.setattr(lifetimes, "REST", 10_000)
    apart = compile_step(workload, SMALL, Mode.ACT)
    assert tight.size < program.size < apart.size
    assert waits(tight) != waits(program) == waits(apart)
