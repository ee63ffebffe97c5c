"""Bench of the pass walk: layers of any size, most of which no machine could run as a whole."""

from collections.abc import Iterator
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge

from golden.accelerator.assemble import Addresses, assemble
from golden.accelerator.plan import Plan
from golden.accelerator.shape import LayerShape
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from tb.harness.clocked import reset, start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, reset_places
from tb.harness.stimulus import stratified
from tb.harness.task import Findings, current_task, report
from tb.stimuli.random_programs import STRATA, stratum_of

LAYERS = 40
PASSES = 60
"""Of a layer, at most: it is left for the next one then, if it was not before"""
PADDINGS = {"none": (0, 1), "up to 127": (1, 128), "128": (128, 129), "beyond": (129, 256)}
AXES = {
    "padding": tuple(PADDINGS),
    "chunks": STRATA["chunks"],
    "passes": STRATA["passes"],
    "layer": ("walked to its end", "left for another"),
    "reset": RESETS,
}
SIGNED = ("line", "origin")


def random_plans(config: MachineConfig, rng: np.random.Generator) -> Iterator[tuple[str, Plan]]:
    """Plans with the stratum of their padding; what must fit the machine's buffers need not."""
    group = config.tiles_n * config.columns
    draws = [stratified(rng, each, LAYERS) for each in (tuple(PADDINGS), STRATA["passes"])]
    for name, passes in zip(*draws, strict=True):
        padding = int(rng.integers(*PADDINGS[name]))
        kernel, stride = int(rng.integers(1, 12)), int(rng.integers(1, 256))
        several = "blocks" in passes or "both" in passes
        shape = LayerShape(
            height=kernel + int(rng.integers(0, 20)) + stride * (config.tiles_m if several else 0),
            width=kernel + int(rng.integers(0, 20)),
            channels=int(rng.integers(1, 4 * config.beat_elements + 1)),
            columns=int(rng.integers(group + 1, 4 * group + 1))
            if "groups" in passes or "both" in passes
            else int(rng.integers(1, group + 1)),
            kernel=kernel,
            stride=stride,
            padding=padding,
        )
        longest = shape.row_beats(config)
        chunk_beats = longest if rng.random() < 0.3 else int(rng.integers(1, longest + 1))
        most = -(-shape.out_height // config.tiles_m)
        lines = int(rng.integers(1, max(2, most))) if several else most
        plan = Plan(shape, config, lines, chunk_beats, passes != "both, blocks first")
        try:
            assemble(plan, Mode.ACT, 0, Addresses(0, 0, 0)).pack()
        except DittosimError:
            continue  # no descriptor says so much
        yield name, plan


def expected_passes(plan: Plan) -> Iterator[dict[str, int]]:
    """What the walk must show in each pass, from the plan alone."""
    passes = list(plan.passes())
    step = plan.config.tiles_m * plan.lines * plan.shape.stride
    for here, after in zip(passes, [*passes[1:], None], strict=True):
        last_group = here.group == plan.groups - 1
        last_rows = here.row_block == plan.row_blocks - 1
        # Of two loops the inner one goes on with every last chunk, the outer one at its end.
        inner_ends = last_group if plan.rows_outer else last_rows
        inner, outer = here.last_chunk, here.last_chunk and inner_ends
        first_rows = sum(plan.block_rows(block) for block in range(here.row_block))
        begun = here.group * plan.shape.rows * plan.row_words(0)
        first_line = here.row_block * step - plan.shape.padding
        yield {
            "first_chunk": here.chunk == 0,
            "last_chunk": here.last_chunk,
            "last_group": last_group,
            "last_rows": last_rows,
            "last": after is None,
            "new_weights": here.new_weights,
            "new_inputs": here.new_inputs,
            # The last pass keeps nothing: there is none after it.
            "keep_weights": after is not None and not after.new_weights,
            "keep_inputs": after is not None and not after.new_inputs,
            "next_rows": outer if plan.rows_outer else inner,
            "next_group": inner if plan.rows_outer else outer,
            "tile_block": here.row_block * plan.config.tiles_m,
            "line": first_line,
            "origin": first_line * plan.line_entries,
            "results": begun + first_rows * plan.row_words(here.group),
            "words": plan.block_words(here.row_block, here.group),
        }


@cocotb.test()
async def bench(dut: Any) -> None:
    """Every output in every pass, with waits between passes, starts and resets at any time."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    coverage = Coverage(AXES)
    plans = list(random_plans(config, rng))
    resets = reset_places(rng, len(plans))
    layers = stratified(rng, AXES["layer"], len(plans))
    findings = Findings()
    dut.start.value = dut.step.value = dut.next_layer.value = 0
    await start(dut)
    for number, (padding, plan) in enumerate(plans):
        await begin(dut, plan, rng)
        passes = list(expected_passes(plan))
        if number in resets:
            for _ in range(int(rng.integers(0, min(len(passes), PASSES)))):
                await step(dut)
            dut.step.value = int(rng.integers(2))
            await reset(dut)
            coverage.see("reset", resets[number])
            dut.step.value = 0
            after = seen(dut, passes[0])
            places = [after[name] for name in ("tile_block", "line", "origin", "results")]
            findings += compare("place after reset", places, [0, 0, 0, 0], [], None)
            await begin(dut, plan, rng)
        found_passes = []
        shown = min(len(passes), PASSES)
        if layers[number] == "left for another":
            shown = int(rng.integers(1, shown + 1))
        for place in range(shown):
            found_passes.append(seen(dut, passes[place]))
            if rng.random() < 0.2:
                await FallingEdge(dut.clk)
            if place < len(passes) - 1:
                await step(dut)
        for place, wanted in enumerate(passes[:shown]):
            found_pass = found_passes[place]
            unlike = [name for name in wanted if found_pass[name] != wanted[name]]
            findings += compare(
                f"{', '.join(unlike)} in pass {place} of {plan.shape}",
                [[found_pass[name] for name in unlike]],
                [[wanted[name] for name in unlike]],
                [],
                None,
                values_per_item=len(wanted),
            )
        coverage.see("padding", padding)
        coverage.see("layer", AXES["layer"][len(passes) > shown])
        for axis in ("chunks", "passes"):
            coverage.see(axis, stratum_of(plan)[axis])
    report(findings, coverage)


async def begin(dut: Any, plan: Plan, rng: np.random.Generator) -> None:
    """Starts a layer."""
    descriptor = assemble(plan, Mode.ACT, 0, Addresses(0, 0, 0))
    dut.next_layer.value = int.from_bytes(descriptor.pack(), "little")
    dut.start.value = 1
    dut.step.value = int(rng.integers(2))
    await FallingEdge(dut.clk)
    dut.start.value = dut.step.value = 0
    dut.next_layer.value = int.from_bytes(rng.bytes(128), "little")


async def step(dut: Any) -> None:
    """Goes to the next pass."""
    dut.step.value = 1
    await FallingEdge(dut.clk)
    dut.step.value = 0


def seen(dut: Any, names: dict[str, int]) -> dict[str, int]:
    """The outputs of those names."""
    result = {}
    for name in names:
        value = getattr(dut, name).value
        result[name] = value.to_signed() if name in SIGNED else int(value)
    return result
