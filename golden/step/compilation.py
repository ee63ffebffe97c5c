"""From a workload to the program of its steps."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from golden.accelerator.candidates import candidates
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.accelerator.plan import Plan
from golden.accelerator.shape import LayerShape
from golden.denoising.lowering import tensors_with_formats
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import ADDRESS_BYTES, MachineConfig
from golden.network.graph import IMAGE
from golden.step.channel_maps import channel_maps
from golden.step.drafts import Draft, Lifetime, Place, Wish, every_draft, with_addresses
from golden.step.heads import heads_apart
from golden.step.lifetimes import aligned
from golden.step.loading import loading_drafts
from golden.step.machine_fit import check_machine, pixel_unit
from golden.step.nodes import Lowering
from golden.step.order import ordered
from golden.step.outputs import fused_pixels
from golden.step.placement import Placement
from golden.step.program import Choosing, Entry, Mixed, ProgramFlow, Queue, StepProgram
from golden.step.tensors import TensorLayout
from golden.vector.dependencies import Waits
from golden.workload.workload import Workload

PlanKey = tuple[str, int]
"""A layer and the number of its product."""


def compile_step(
    workload: Workload,
    config: MachineConfig,
    flow: ProgramFlow = Mode.ACT,
    plans: Mapping[PlanKey, Plan] | None = None,
) -> StepProgram:
    """The program that computes any step of ``workload`` on one image.

    ``flow`` is the mode of all products, or says how it depends on the layer.

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

    modes: tuple[Mode, ...]
    match flow:
        case Choosing():
            modes = flow.modes
        case Mixed():
            modes = (Mode.TEMPORAL,)
        case _:
            modes = (flow,)
    raw_attention = flow is Mixed.RAW_ATTENTION
    keeps = Mode.TEMPORAL in modes

    def lowered(modes: tuple[Mode, ...]) -> tuple[Lowering, list[Draft]]:
        found = Lowering(workload.integer, layouts, config, modes, keeps, raw_attention, plan_of)
        return found, ordered(found.lower(), config)

    lowering, drafts = lowered(modes)
    queues = {"step": (drafts, 0)}
    if keeps:
        queues = {"odd": (drafts, 1), "even": (drafts, 0)}
    if modes == (Mode.TEMPORAL,):
        queues = {"first": (lowered((Mode.ACT,))[1], 0), **queues}
    return _placed(workload, config, flow, lowering, queues)


def tensor_layouts(workload: Workload, config: MachineConfig) -> dict[str, TensorLayout]:
    """How every tensor lies in memory; DittosimError if heads contradict each other."""
    d, integer = workload.description, workload.integer
    shapes = d.graph.shapes(d.image_shape)
    names = tensors_with_formats(d.graph)
    maps = channel_maps(integer.nodes, shapes, names, pixel_unit(config))
    heads = heads_apart(d.graph)
    return {
        name: TensorLayout(shapes[name], maps[name], d.formats[name], heads.get(name, 1))
        for name in names
    }


def _first_plan(shape: LayerShape, mode: Mode, config: MachineConfig, wish: Wish) -> Plan:
    plans = list(candidates(shape, mode, config))
    if Wish.WORDS in wish:
        plans = [plan for plan in plans if _packed_by_words(plan)]
    if not plans:
        raise DittosimError(
            f"no cut of {shape.k} elements of a row makes chunks of whole bus words "
            f"({config.bus_bytes} bytes); use a larger weight_depth or a narrower bus"
        )
    if Wish.OUTPUT in wish:
        stored = mode is Mode.TEMPORAL
        return next((plan for plan in plans if fused_pixels(plan, stored=stored)), plans[0])
    return plans[0]


def _runs(plan: Plan, mode: Mode, wish: Wish) -> bool:
    """Whether a plan that was made on another step, perhaps in another mode, does here."""
    try:
        plan.check(mode)
    except DittosimError:
        return False
    return Wish.WORDS not in wish or _packed_by_words(plan)


def _packed_by_words(plan: Plan) -> bool:
    """Whether chunks begin with bus words."""
    config = plan.config
    return plan.chunks == 1 or plan.chunk_beats * config.beat_elements % config.bus_bytes == 0


def _placed(
    workload: Workload,
    config: MachineConfig,
    flow: ProgramFlow,
    lowering: Lowering,
    queues: Mapping[str, tuple[list[Draft], int]],
) -> StepProgram:
    integer = workload.integer
    inputs = (IMAGE, *integer.static_inputs)
    output = integer.nodes[-1].name
    buffers = [lowering.buffer(name) for name in (*inputs, output)]
    bases, end = {}, config.scratchpad_bytes
    for name, (drafts, _) in queues.items():
        bases[name], end = end, end + DESCRIPTOR_BYTES * len(list(every_draft(drafts)))
    by_queue = {name: drafts for name, (drafts, _) in queues.items()}
    placement = Placement.of(by_queue, buffers, aligned(end), config)
    if placement.end > ADDRESS_BYTES:
        raise DittosimError(f"the program needs {placement.end} bytes, more than 32 bits address")
    memory = np.zeros(placement.end, np.uint8)
    found = {}
    for name, (drafts, parity) in queues.items():
        places = partial(placement.address, queue=name, parity=parity)
        writer = _Writer(memory, config, places, bases[name] + DESCRIPTOR_BYTES * len(drafts))
        entries = tuple(writer.entries(drafts, bases[name], Waits(config)))
        addresses = {
            buffer.name: placement.address(Place(buffer), name, parity) for buffer in buffers
        }
        found[name] = Queue(bases[name], entries, addresses)
    layouts = lowering.layouts
    loading = None
    if copied := list(placement.copied()):
        for buffer, source, _ in copied:
            memory[source : source + buffer.size] = np.frombuffer(buffer.data, np.uint8)
        writer = _Writer(memory, config, lambda _: 0, placement.constants)
        copies = loading_drafts(copied, config)
        entries = tuple(writer.entries(copies, placement.loading, Waits(config)))
        loading = Queue(placement.loading, entries, {})
    return StepProgram(
        config,
        flow,
        memory,
        placement.constants,
        found,
        {name: layouts[name] for name in inputs},
        layouts[output],
        output,
        loading,
    )


@dataclass
class _Writer:
    """Writes the descriptors of a queue and the constants that they name into memory."""

    memory: np.ndarray
    config: MachineConfig
    address: Callable[[Place], int]
    end: int
    """Behind the descriptors so far"""

    def entries(self, drafts: Iterable[Draft], base: int, waits: Waits) -> Iterator[Entry]:
        """Those of ``drafts``, one after the other from ``base`` on."""
        for number, draft in enumerate(drafts):
            addresses = {field: self.address(place) for field, place in draft.places.items()}
            descriptor = waits.of(with_addresses(draft.descriptor, addresses))
            where = base + number * DESCRIPTOR_BYTES
            fields, variants, branches = dict[str, int](), {}, []
            for mode, those in draft.variants.items():
                fields[f"{mode.name.lower()}_address"] = self.end
                fields[f"{mode.name.lower()}_count"] = len(those)
                first, self.end = self.end, self.end + DESCRIPTOR_BYTES * len(those)
                branches.append(waits.branch())
                variants[mode] = tuple(self.entries(those, first, branches[-1]))
            if branches:
                waits.join(branches)
            descriptor = with_addresses(descriptor, fields)
            self._write(where, descriptor.pack())
            for place in draft.places.values():
                if place.buffer.lifetime is Lifetime.CONSTANT:
                    self._write(self.address(Place(place.buffer)), place.buffer.data)
            yield Entry(draft.name, draft.node, descriptor, draft.product, where, variants)

    def _write(self, address: int, data: bytes) -> None:
        self.memory[address : address + len(data)] = np.frombuffer(data, np.uint8)
