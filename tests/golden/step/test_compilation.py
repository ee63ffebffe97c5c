import re
from dataclasses import replace

import pytest

from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.network.builder import Builder
from golden.network.dit import dit
from golden.network.graph import IMAGE
from golden.step.compilation import compile_step
from golden.step.program import Mixed
from golden.workload.workload import load_workload
from tb.stimuli.random_workloads import random_workload

SMALL = load_config("small")
UNET = load_workload("digits-unet")
RAW = Mixed.RAW_ATTENTION


def test_descriptors_lie_where_their_queues_are() -> None:
    program = compile_step(UNET, SMALL, Mode.TEMPORAL)
    assert list(program.queues) == ["first", "odd", "even"]
    for queue in program.queues.values():
        for number, entry in enumerate(queue.entries):
            first = queue.base + number * DESCRIPTOR_BYTES
            found = program.memory[first : first + DESCRIPTOR_BYTES].tobytes()
            assert found == entry.descriptor.pack()
    assert [program.queue_of(step) for step in range(4)] == ["first", "odd", "even", "odd"]


def test_attention_on_original_activations_keeps_nothing() -> None:
    mixed, temporal = (compile_step(UNET, SMALL, flow) for flow in (RAW, Mode.TEMPORAL))
    assert list(mixed.queues) == ["first", "odd", "even"]
    attention = 0
    for entry in mixed.queues["odd"].entries:
        if entry.product:
            raw = entry.product.layer in ("attention.scores", "attention.mix")
            attention += raw
            assert entry.product.mode is (Mode.ACT if raw else Mode.TEMPORAL)
    assert attention > 0
    assert {entry.product.mode for entry in mixed.queues["first"].entries if entry.product} == {
        Mode.ACT
    }
    assert mixed.size < temporal.size


def test_what_the_next_step_needs_lies_apart() -> None:
    program = compile_step(UNET, SMALL, Mode.TEMPORAL)
    first, odd, even = (queue.entries for queue in program.queues.values())
    assert [entry.name for entry in odd] == [entry.name for entry in even]
    for a, b in zip(odd, even, strict=True):
        if a.product and a.product.number == 0 and "scores" not in a.name and "mix" not in a.name:
            assert a.descriptor.reference_address == b.descriptor.inputs_address
            assert a.descriptor.previous_address == b.descriptor.results_address
    results = {entry.name: entry.descriptor.results_address for entry in first if entry.product}
    for entry in odd:
        if entry.product and entry.product.layer == "stem":
            assert entry.descriptor.previous_address == results["stem"]


def test_only_operands_and_sums_of_differences_are_kept() -> None:
    act, temporal = (compile_step(UNET, SMALL, mode) for mode in (Mode.ACT, Mode.TEMPORAL))
    assert act.size < temporal.size
    assert act.constant_bytes < temporal.constant_bytes, "three queues"
    assert act.bytes_written_per_step == temporal.bytes_written_per_step
    tensors = {"image", "encoder.time", "middle.time", "decoder.time"}
    assert set(act.inputs) == tensors


def test_tables_end_the_layers_before_them() -> None:
    program = compile_step(UNET, SMALL)
    names = [entry.name for entry in program.queues["step"].entries]
    assert "encoder.in.norm+encoder.in.silu" in names
    assert not any(name.startswith("encoder.in.silu") for name in names)


def test_all_nodes_that_do_not_fit_are_told() -> None:
    config = SMALL.model_copy(update={"vector_channels": 32})
    with pytest.raises(DittosimError) as error:
        compile_step(UNET, config)
    lines = str(error.value).splitlines()
    nodes = [re.match(r"node '(.*?)': 64 channels are more than vector_channels = 32", line)[1]
             for line in lines]  # fmt: skip
    assert nodes == ["middle.in.norm", "middle.out.norm", "attention.norm", "decoder.in.norm"]


def test_pixels_and_rows_fit_the_buffers() -> None:
    config = load_config("tiny").model_copy(update={"vector_words": 16})
    workload = random_workload(dit(6, 40, depth=1, patch=1, heads=1, classes=1), (6, 6, 1))
    with pytest.raises(DittosimError) as error:
        compile_step(workload, config)
    told = str(error.value)
    for node in ("head.norm", "head.scaled", "block0.attention.softmax"):
        assert f"node '{node}': 40 elements of 16 bits are 20 bus words, more than" in told
    assert told.count("vector_words = 16; use a machine with more") == len(told.splitlines())
    assert "node 'head.linear'" not in told


def test_plans_that_do_not_fit_are_told_with_their_nodes() -> None:
    with pytest.raises(DittosimError, match=r"node 'encoder\.conv0': .*input_beats = 64"):
        compile_step(UNET, SMALL.model_copy(update={"input_beats": 64}))


def test_windows_outside_the_image_are_refused() -> None:
    b = Builder()
    b.conv("out", IMAGE, 1, 1, 2, padding=2, stride=2)
    workload = random_workload(b.graph(), (4, 4, 1))
    with pytest.raises(DittosimError, match=r"node 'out'.*padding = 2.*outside the image"):
        compile_step(workload, SMALL)


def test_padding_does_not_count_in_a_normalization_with_a_zero_point() -> None:
    description = UNET.description
    stem = description.formats["stem"].model_copy(update={"zero_point": 5})
    formats = {**description.formats, "stem": stem}
    workload = replace(UNET, description=description.model_copy(update={"formats": formats}))
    padded = load_config("small").model_copy(update={"beat_elements": 64, "weight_depth": 1024})
    with pytest.raises(DittosimError, match=r"node 'encoder\.in\.norm'.*zero_point = 5"):
        compile_step(workload, padded)
