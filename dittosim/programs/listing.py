"""What ``compile`` says of a program of whole steps: its listing, and what its nodes cost."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table

from dittosim.console import result_table
from dittosim.programs.compiled import Compiled
from dittosim.programs.cost import loading_figures, loading_line, moved_bytes, near_bytes
from dittosim.programs.products import cost_listing, plan_listing
from dittosim.programs.steps import (
    MeasuredStep,
    interrupting,
    measured_step,
    planned_program,
)
from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.counters import VECTOR_CAUSES, Counters
from golden.accelerator.descriptor import Descriptor
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.step.program import Entry, ProgramFlow, Queue, StepProgram
from golden.step.tensors import TensorLayout
from golden.vector.descriptor import Op
from golden.workload.run import Run
from golden.workload.workload import Workload
from sim.run.steps import StepTimeline
from sim.scheduler.accelerator import LayerTimeline


def compile_steps(
    run: Run,
    config: MachineConfig,
    flow: ProgramFlow,
    step: int,
    title: str,
    *,
    interrupts: bool,
) -> Compiled:
    """The program of all steps, planned and measured on ``step`` of the run."""
    program = planned_program(run.workload, config, flow, steps=run.steps, step=step, seed=run.seed)
    if interrupts:
        program = interrupting(program)
    measured = measured_step(program, run, step)
    return Compiled(
        program.memory[program.memory_base : program.constant_bytes].tobytes(),
        sum(1 for queue in program.queues.values() for _ in queue.every()),
        program_listing(program, measured),
        [_node_table(title, run.workload, measured), _ratio(measured), *_places(program, measured)],
    )


def program_listing(program: StepProgram, measured: MeasuredStep) -> dict[str, Any]:
    """All that a host must know, and what every layer of the measured queue costs."""
    counters = measured.timeline.counters
    return {
        "configuration": program.config.model_dump(mode="json"),
        "configuration_hash": program.config.digest(),
        "memory_base": program.memory_base,
        "memory_bytes": program.size - program.memory_base,
        "image_bytes": program.constant_bytes - program.memory_base,
        "bytes_written_by_host_per_step": program.bytes_written_per_step,
        "inputs": {name: _tensor(layout) for name, layout in program.inputs.items()},
        "output": {"name": program.output_name, **_tensor(program.output)},
        "loading": program.loading and _queue(program.loading, None),
        "loading_cost": loading_figures(program),
        "measured_queue": measured.queue,
        "cycles": counters.cycles,
        "cycles_of_products_alone": measured.products_alone,
        "bytes": moved_bytes(counters),
        "scratchpad_bytes": near_bytes(counters),
        "queues": {
            name: _queue(queue, measured.timeline if name == measured.queue else None)
            for name, queue in program.queues.items()
        },
    }


def _tensor(layout: TensorLayout) -> dict[str, Any]:
    return {
        "shape": layout.shape,
        "format": layout.format.model_dump(mode="json"),
        "physical_channels": layout.map.physical,
        "channel_map": layout.map.positions.tolist(),
        "bytes": layout.size,
    }


def _queue(queue: Queue, timeline: StepTimeline | None) -> dict[str, Any]:
    lines = {}
    if timeline:
        pairs = zip(timeline.entries, timeline.layers, strict=True)
        lines = {entry.address: line for entry, line in pairs}
    return {
        "base": queue.base,
        "count": queue.count,
        "addresses": dict(queue.addresses),
        "entries": [_costed(entry, lines) for entry in queue.entries],
    }


def _costed(entry: Entry, lines: Mapping[int, LayerTimeline]) -> dict[str, Any]:
    """An entry, with what it cost if it ran; of a choice with all its variants."""
    found = _entry(entry)
    if line := lines.get(entry.address):
        found |= cost_listing(line)
    if entry.variants:
        found["chosen"] = next(
            (mode.value for mode, variant in entry.variants.items() if variant[0].address in lines),
            None,
        )
        found["variants"] = {
            mode.value: [_costed(one, lines) for one in variant]
            for mode, variant in entry.variants.items()
        }
    return found


def _entry(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": entry.name,
        "node": entry.node,
        "kind": entry.kind,
        "address": entry.address,
    }
    if of := entry.product:
        found |= {"op": "product", "head": of.head, "product": of.number, "mode": of.mode.value}
        found |= plan_listing(of.plan)
    else:
        found["op"] = operation(entry)
    descriptor = entry.descriptor
    addresses = {
        key.removesuffix("_address"): value
        for key, value in vars(descriptor).items()
        if key.endswith("_address")
    }
    unused = [key for key in addresses if not _is_used(entry, key)]
    for key in unused:
        del addresses[key]
    interrupt = not isinstance(descriptor, ChoiceDescriptor) and bool(descriptor.interrupt)
    return {**found, "interrupt": interrupt, "addresses": addresses}


def _is_used(entry: Entry, address: str) -> bool:
    descriptor = entry.descriptor
    if isinstance(descriptor, ChoiceDescriptor):
        return any(mode.value == address for mode in entry.variants)
    if isinstance(descriptor, Descriptor):
        temporal = entry.product is not None and entry.product.mode is Mode.TEMPORAL
        needed = {"reference": temporal, "previous": temporal, "results": not descriptor.discard}
    else:
        needed = {
            "a": not descriptor.fused,
            "b": bool(descriptor.b_words),
            "p": bool(descriptor.p_words),
            "t": bool(descriptor.table or descriptor.op == Op.SOFTMAX),
        }
    return needed.get(address, True)


def operation(entry: Entry) -> str:
    """What a layer does, in a word."""
    if isinstance(entry.descriptor, ChoiceDescriptor):
        return "choice"
    if isinstance(entry.descriptor, Descriptor):
        return "product"
    op = Op(entry.descriptor.op)
    name = "elementwise product" if op is Op.PRODUCT else op.name.lower()
    return f"fused {name}" if entry.descriptor.fused else name


def _node_table(title: str, workload: Workload, measured: MeasuredStep) -> Table:
    """Where every node of the graph went: cycles of the array, those of the vector unit beside."""
    numbers = ("kcycles", "MB", "share\n%", "vector\nunit's")
    table = result_table(title, "node", *numbers, text="layers")
    table.padding = (0, 1, 0, 0)
    total = measured.timeline.counters.cycles
    pairs = list(zip(measured.timeline.entries, measured.timeline.layers, strict=True))
    by_node: dict[str, list[tuple[Entry, LayerTimeline]]] = {}
    for entry, line in pairs:
        by_node.setdefault(entry.node, []).append((entry, line))

    def add(name: str, lines: Iterable[LayerTimeline], what: str) -> None:
        counters = sum((line.counters for line in lines), Counters())
        busy = sum(getattr(counters, f"vector_{cause}") for cause in VECTOR_CAUSES)
        table.add_row(
            name,
            f"{counters.cycles / 1e3:,.1f}",
            f"{moved_bytes(counters) / 1e6:.2f}",
            f"{100 * counters.cycles / total:.1f}",
            f"{busy / 1e3:,.1f}" if busy else "",
            what,
        )

    for node in workload.description.graph.nodes:
        if found := by_node.get(node.name):
            chosen = measured.timeline.modes.get(node.name)
            operations = Counter(operation(entry) for entry, _ in found if not entry.variants)
            what = ", ".join(
                f"{count} x {name}" if count > 1 else name for name, count in operations.items()
            )
            what = f"{chosen}: {what}" if chosen else what
            add(node.name, (line for _, line in found), what)
        else:
            table.add_row(node.name, "", "", "", "", _elsewhere(node.name, workload, pairs))
    table.add_section()
    kinds = {"choose": "choices", "product": "products", "vector": "vector layers"}
    for kind, what in kinds.items():
        lines = [line for entry, line in pairs if entry.kind == kind]
        if lines:
            add(f"all {what}", lines, f"{len(lines)}")
    by_operation: dict[str, list[LayerTimeline]] = {}
    for entry, line in pairs:
        if entry.kind == "vector":
            by_operation.setdefault(operation(entry), []).append(line)
    for name, lines in sorted(by_operation.items(), key=lambda one: -_cycles(one[1])):
        add(f"- {name}", lines, f"{len(lines)}")
    add("all", (line for _, line in pairs), f"{len(pairs)}")
    return table


def _cycles(lines: Iterable[LayerTimeline]) -> int:
    return sum(line.counters.cycles for line in lines)


def _elsewhere(name: str, workload: Workload, pairs: Iterable[tuple[Entry, LayerTimeline]]) -> str:
    """Where a node without layers of its own is computed."""
    for entry, _ in pairs:
        if name in entry.name.partition(":")[0].split("+")[1:]:
            return f"in {entry.node}"
    inside = {node.name for node in workload.integer.nodes}
    return "-" if name in inside else "host"


def _places(program: StepProgram, measured: MeasuredStep) -> list[str]:
    """What lies in the scratchpad costs, if there is one."""
    if not program.config.scratchpad_bytes:
        return []
    counters = measured.timeline.counters
    near, moved = near_bytes(counters) / 1e6, moved_bytes(counters) / 1e6
    found = [f"{near:.2f} MB in the scratchpad, {moved:.2f} MB in memory"]
    if loading := loading_figures(program):
        found.append(loading_line(loading))
    return found


def _ratio(measured: MeasuredStep) -> str:
    cycles, alone = measured.timeline.counters.cycles, measured.products_alone
    return (
        f"{cycles / 1e3:,.1f} kcycles, {cycles / alone:.2f} times those of the products in a queue "
        f"of their own ({alone / 1e3:,.1f})"
    )
