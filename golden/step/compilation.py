"""From a workload to the program of its steps."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from golden.accelerator.candidates import candidates
from golden.accelerator.descriptor import DESCRIPTOR_BYTES, Descriptor
from golden.accelerator.plan import Plan
from golden.accelerator.shape import LayerShape
from golden.denoising.lowering import tensors_with_formats
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.network.graph import IMAGE
from golden.step.channel_maps import channel_maps
from golden.step.drafts import Draft, Lifetime, Place, Wish
from golden.step.machine_fit import check_machine, pixel_unit
from golden.step.nodes import Lowering
from golden.step.placement import Placement
from golden.step.products import fused_pixels
from golden.step.program import Entry, Queue, StepProgram
from golden.step.tensors import TensorLayout
from golden.vector.descriptor import VectorDescriptor
from golden.workload.workload import Workload

PlanKey = tuple[str, int]
"""A layer and the number of its product."""


def compile_step(
    workload: Workload,
    config: MachineConfig,
    flow: Mode = Mode.ACT,
    plans: Mapping[PlanKey, Plan] | None = None,
) -> StepProgram:
    """The program that computes any step of ``workload`` on one image in the mode ``flow``.

    Products without a plan in ``plans`` that fits have the first one that does. DittosimError
    names what the machine lacks, or all nodes that do not fit it.
    """
    check_machine(config)
    layouts = tensor_layouts(workload, config)
    chosen = plans or {}

    def plan_of(layer: str, number: int, shape: LayerShape, mode: Mode, wish: Wish) -> Plan:
        plan = chosen.get((layer, number))
        if plan and plan.shape == shape and _runs(plan, mode, wish):
            return plan
        return _first_plan(shape, mode, config, wish)

    def lowered(opening: bool) -> tuple[Lowering, list[Draft]]:
        found = Lowering(workload.integer, layouts, config, flow, opening, plan_of)
        return found, found.lower()

    lowering, drafts = lowered(False)
    queues = {"step": (drafts, 0)}
    if flow is Mode.TEMPORAL:
        queues = {"first": (lowered(True)[1], 0), "odd": (drafts, 1), "even": (drafts, 0)}
    return _placed(workload, config, flow, lowering, queues)


def tensor_layouts(workload: Workload, config: MachineConfig) -> dict[str, TensorLayout]:
    """How every tensor lies in memory; DittosimError if heads contradict each other."""
    d, integer = workload.description, workload.integer
    shapes = d.graph.shapes(d.image_shape)
    names = tensors_with_formats(d.graph)
    maps = channel_maps(integer.nodes, shapes, names, pixel_unit(config))
    return {name: TensorLayout(shapes[name], maps[name], d.formats[name]) for name in names}


def _first_plan(shape: LayerShape, mode: Mode, config: MachineConfig, wish: Wish) -> Plan:
    if wish is Wish.OUTPUT:
        plans = list(candidates(shape, mode, config))
        stored = mode is Mode.TEMPORAL
        return next((plan for plan in plans if fused_pixels(plan, stored=stored)), plans[0])
    for plan in candidates(shape, mode, config):
        if wish is Wish.NOTHING or _packed_by_words(plan):
            return plan
    raise DittosimError(
        f"no cut of {shape.k} elements of a row makes chunks of whole bus words "
        f"({config.bus_bytes} bytes); use a larger weight_depth or a narrower bus"
    )


def _runs(plan: Plan, mode: Mode, wish: Wish) -> bool:
    """Whether a plan that was made on another step, perhaps in another mode, does here."""
    try:
        plan.check(mode)
    except DittosimError:
        return False
    return wish is not Wish.WORDS or _packed_by_words(plan)


def _packed_by_words(plan: Plan) -> bool:
    """Whether chunks begin with bus words."""
    config = plan.config
    return plan.chunks == 1 or plan.chunk_beats * config.beat_elements % config.bus_bytes == 0


def with_addresses(
    descriptor: Descriptor | VectorDescriptor, addresses: Mapping[str, int]
) -> Descriptor | VectorDescriptor:
    """The descriptor with its addresses, by field."""
    if isinstance(descriptor, VectorDescriptor):
        return replace(descriptor, **dict(addresses))
    return replace(descriptor, **dict(addresses))


def _placed(
    workload: Workload,
    config: MachineConfig,
    flow: Mode,
    lowering: Lowering,
    queues: Mapping[str, tuple[list[Draft], int]],
) -> StepProgram:
    integer = workload.integer
    inputs = (IMAGE, *integer.static_inputs)
    output = integer.nodes[-1].name
    buffers = [lowering.buffer(name) for name in (*inputs, output)]
    bases, end = {}, 0
    for name, (drafts, _) in queues.items():
        bases[name], end = end, end + DESCRIPTOR_BYTES * len(drafts)
    by_queue = {name: drafts for name, (drafts, _) in queues.items()}
    placement = Placement.of(by_queue, buffers, -(-end // 256) * 256)
    if placement.end > 1 << 32:
        raise DittosimError(f"the program needs {placement.end} bytes, more than 32 bits address")
    memory = np.zeros(placement.end, np.uint8)
    found = {}
    for name, (drafts, parity) in queues.items():
        entries = []
        for number, draft in enumerate(drafts):
            addresses = {
                key: placement.address(place, name, parity) for key, place in draft.places.items()
            }
            descriptor = with_addresses(draft.descriptor, addresses)
            first = bases[name] + number * DESCRIPTOR_BYTES
            memory[first : first + DESCRIPTOR_BYTES] = np.frombuffer(descriptor.pack(), np.uint8)
            entries.append(Entry(draft.name, draft.node, descriptor, draft.product))
            for place in draft.places.values():
                if place.buffer.lifetime is Lifetime.CONSTANT:
                    start = placement.address(Place(place.buffer), name, parity)
                    data = np.frombuffer(place.buffer.data, np.uint8)
                    memory[start : start + len(data)] = data
        addresses = {
            buffer.name: placement.address(Place(buffer), name, parity) for buffer in buffers
        }
        found[name] = Queue(bases[name], tuple(entries), addresses)
    layouts = lowering.layouts
    return StepProgram(
        config,
        flow,
        memory,
        placement.constants,
        found,
        {name: layouts[name] for name in inputs},
        layouts[output],
        output,
    )
