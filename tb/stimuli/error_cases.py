"""What goes wrong in a queue of three layers: wrong descriptors, refused reads and writes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from golden.accelerator.descriptor import DESCRIPTOR_BYTES, Descriptor
from golden.accelerator.program import LayerRun, Program
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.vector.descriptor import VectorDescriptor
from sim.scheduler.accelerator import queue_timeline
from tb.stimuli.descriptor_rules import Case, broken, changed, verdict, with_fields
from tb.stimuli.random_programs import Target, aimed_run, random_run
from tb.stimuli.vector_rules import verdict as vector_verdict

LAYERS = 3
WRONG = 1
"""The layer in which something goes wrong first"""
LOADS = ("descriptor", "weights", "inputs", "reference", "previous")
"""What is read, in this order within a layer"""
TRANSFERS = (*LOADS, "results")
VECTOR_TRANSFERS = ("descriptor", "t", "p", "a", "b", "o")
"""The same of a vector layer: table, parameters, both operands; output"""
FUSED_TRANSFERS = ("descriptor", "t", "p", "b", "o")
"""... of one whose a are the results of the product behind it"""
WRITES = ("results", "o")
SLAVE, DECODE = "slave", "decode"
FLAGS = (0, 0b001, 0b010, 0b100, 0b111)
"""Layers that ask for the interrupt"""


@dataclass(frozen=True)
class Refused:
    """A transfer of a layer that memory refuses: a word of it, or all of it beyond the end."""

    layer: int
    what: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind} error of {self.what} {self.layer}"


@dataclass(frozen=True)
class Wrong:
    """A descriptor that breaks a rule."""

    layer: int
    case: Case

    def __str__(self) -> str:
        return f"{self.case.rule} in {self.layer}"


@dataclass(frozen=True)
class Queue:
    """What is in memory, and what must be said in the end."""

    name: str
    descriptors: tuple[Descriptor | VectorDescriptor, ...]
    base: int
    """Address of the first descriptor"""
    refused_word: int | None
    """Address that the memory answers SLVERR"""
    error: str
    layer: int
    """The one of the error; those before it are done"""
    address: int
    told: bool
    """Whether a layer that asks for the interrupt is done"""


def small_program(config: MachineConfig, rng: np.random.Generator) -> Program:
    """Layers that read all that there is to read, and take few cycles."""
    return Program.of([_runs_by_cycles(config, rng)[0] for _ in range(LAYERS)])


def long_run(config: MachineConfig, rng: np.random.Generator) -> LayerRun:
    """A layer that takes many times as long as those of :func:`small_program`."""
    runs = _runs_by_cycles(config, rng)
    return runs[3 * len(runs) // 4]


def _runs_by_cycles(config: MachineConfig, rng: np.random.Generator) -> list[LayerRun]:
    drawn = [aimed_run(Target(mode=Mode.TEMPORAL), config, rng) for _ in range(20)]
    found = [run for run in drawn if run is not None] or [random_run(config, rng)]
    return sorted(found, key=lambda run: queue_timeline(Program.of([run]))[1].cycles)


def queue_of(program: Program, memory_bytes: int, flags: int, *wrongs: Refused | Wrong) -> Queue:
    """The queue in which all of ``wrongs`` happen; at most one of them is a refused word."""
    return queue_at(
        program.queue, program.descriptors(), program.config, memory_bytes, flags, *wrongs
    )


def queue_at(
    base: int,
    originals: Sequence[Descriptor | VectorDescriptor],
    config: MachineConfig,
    memory_bytes: int,
    flags: int,
    *wrongs: Refused | Wrong,
) -> Queue:
    """The same of descriptors that lie at ``base``, unless memory refuses all of one."""
    refused_word = None
    descriptors = [
        with_fields(descriptor, {"interrupt": flags >> n & 1})
        for n, descriptor in enumerate(originals)
    ]
    for wrong in wrongs:
        n = wrong.layer
        if isinstance(wrong, Wrong):
            descriptors[n] = changed(descriptors[n], wrong.case)
        elif wrong.what == "descriptor" and wrong.kind == DECODE:
            base = memory_bytes - n * DESCRIPTOR_BYTES
        elif wrong.kind == DECODE:
            changes = {f"{wrong.what}_address": memory_bytes}
            descriptors[n] = with_fields(descriptors[n], changes)
    for wrong in wrongs:
        if isinstance(wrong, Refused) and wrong.kind == SLAVE:
            refused_word = _place(descriptors, base, wrong)
    first = min(wrongs, key=lambda wrong: (_owner(wrong, originals), _order(wrong, originals)))
    if isinstance(first, Wrong):
        error, address = _verdict(descriptors[first.layer], config)
        address = address or base + first.layer * DESCRIPTOR_BYTES
    else:
        error = f"{'write' if first.what in WRITES else 'read'}_{first.kind}_error"
        address = _place(descriptors, base, first)
    layer = _owner(first, originals)
    told = bool(flags & ((1 << layer) - 1))
    name = ", ".join(map(str, wrongs))
    queue = tuple(descriptors)
    return Queue(name, queue, base, refused_word, error, layer, address, told)


def _verdict(descriptor: Descriptor | VectorDescriptor, config: MachineConfig) -> tuple[str, int]:
    if isinstance(descriptor, VectorDescriptor):
        return vector_verdict(descriptor, config)
    return verdict(descriptor, config)


def _place(
    descriptors: Sequence[Descriptor | VectorDescriptor], base: int, refused: Refused
) -> int:
    """Address of a transfer's first word."""
    if refused.what == "descriptor":
        return base + refused.layer * DESCRIPTOR_BYTES
    address: int = getattr(descriptors[refused.layer], f"{refused.what}_address")
    return address


def _of_product(wrong: Refused | Wrong, layers: Sequence[Descriptor | VectorDescriptor]) -> bool:
    """Whether a fused layer has it while its product runs, whose error it is: addends, output."""
    layer = layers[wrong.layer]
    fused = isinstance(layer, VectorDescriptor) and bool(layer.fused)
    return fused and isinstance(wrong, Refused) and wrong.what in ("b", "o")


def _owner(wrong: Refused | Wrong, layers: Sequence[Descriptor | VectorDescriptor]) -> int:
    """The layer that fails."""
    return wrong.layer + _of_product(wrong, layers)


def _order(wrong: Refused | Wrong, layers: Sequence[Descriptor | VectorDescriptor]) -> float:
    """The order in which a layer's errors come: reads, with its rules after the first, writes."""
    if isinstance(wrong, Wrong):
        return 0.5
    if _of_product(wrong, layers):
        # Addends are asked for before the product's weights.
        assert isinstance(wrong, Refused)
        return len(TRANSFERS) if wrong.what == "o" else 0.75
    kind = TRANSFERS if wrong.what in TRANSFERS else VECTOR_TRANSFERS
    return kind.index(wrong.what)


def single(config: MachineConfig, program: Program) -> Iterator[tuple[Refused | Wrong, ...]]:
    """Every rule and every refused transfer alone, in the second layer."""
    for case in broken(program.descriptors()[WRONG], config):
        yield (Wrong(WRONG, case),)
    for what, kind in product(TRANSFERS, (SLAVE, DECODE)):
        yield (Refused(WRONG, what, kind),)


def rules_and_refusals(
    config: MachineConfig, program: Program
) -> Iterator[tuple[Refused | Wrong, ...]]:
    """Every rule broken in a layer, and every transfer of the layer before it refused."""
    rules = list(broken(program.descriptors()[WRONG + 1], config))
    for (what, kind), case in product(product(TRANSFERS, (SLAVE, DECODE)), rules):
        yield Refused(WRONG, what, kind), Wrong(WRONG + 1, case)


def two_refusals() -> Iterator[tuple[Refused | Wrong, ...]]:
    """Every transfer refused, and one of another kind in the same layer or the next."""
    for layer in (WRONG, WRONG + 1):
        for first, second in product(TRANSFERS, TRANSFERS):
            if layer == WRONG and first == second:
                continue
            for kinds in ((SLAVE, DECODE), (DECODE, SLAVE)):
                yield Refused(WRONG, first, kinds[0]), Refused(layer, second, kinds[1])
