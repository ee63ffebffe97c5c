"""Queues with a wrong choice, or with an error beside one: what the machine says of them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from golden.accelerator.accesses import product_accesses
from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.descriptor import DESCRIPTOR_BYTES, Descriptor
from golden.accelerator.intervals import Intervals
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.step.program import Choosing, Entry, StepProgram
from golden.vector.accesses import vector_accesses
from golden.vector.descriptor import VectorDescriptor
from rtl.scheduler.error_codes import CODES
from sim.run.steps import StepTimeline
from tb.bus.memory import Memory
from tb.driver import Driver
from tb.harness.comparison import compare
from tb.harness.task import Findings

CASES = ("entry", "count", "address", "nested", "layer")
REFUSED = "refused results of a layer before a choice that is taken"


def wrong_cases(config: MachineConfig) -> list[str]:
    """Cases of :func:`wrong_queues`.

    A scratchpad refuses nothing, and may have all results that a memory could refuse.
    """
    found = [f"{case}, {when}" for case in CASES for when in ("measured", "decided")]
    return found if config.scratchpad_bytes else [*found, f"{REFUSED}, decided"]


@dataclass(frozen=True)
class WrongQueue:
    """A change of one descriptor, or a word that memory refuses, and what comes of it."""

    case: str
    step: int
    error: str
    number: int
    """Of the descriptor that is told"""
    where: int
    address: int = 0
    """Of the descriptor that is written"""
    data: bytes = b""
    refused: int | None = None
    """Address of the word"""


def wrong_queues(program: StepProgram, number: int, step: StepTimeline) -> Iterator[WrongQueue]:
    """One for each case in step ``number``, which ran as ``step`` tells.

    At the last choice that has a product among others.
    """
    config, entries = program.config, step.entries
    when = "measured" if step.measured else "decided"
    at = max(n for n, entry in enumerate(entries) if entry.variants)
    choice, place = entries[at].descriptor, entries[at].address
    assert isinstance(choice, ChoiceDescriptor)
    mode = step.modes[entries[at].node].name.lower()

    def changed(case: str, error: str, told: int, where: int, **fields: int) -> WrongQueue:
        data = replace(choice, **fields).pack()
        return WrongQueue(f"{case}, {when}", number, error, told, where, place, data)

    yield changed("entry", "bad_choice", at, place, entry=config.defo_entries)
    yield changed("count", "bad_choice", at, place, **{f"{mode}_count": 0})
    address = choice.temporal_address + 1
    yield changed("address", "misaligned", at, address, temporal_address=address)
    yield changed("nested", "bad_choice", at + 1, place, **{f"{mode}_address": place})
    product = next(n for n in range(at, len(entries)) if entries[n].product)
    layer = entries[product].descriptor
    assert isinstance(layer, Descriptor)
    where = entries[product].address
    data = replace(layer, groups=0).pack()
    yield WrongQueue(f"layer, {when}", number, "zero_size", product, where, where, data)
    can_refuse = not step.measured and not config.scratchpad_bytes
    found = _late_results(step, config) if can_refuse else None
    if found:
        told, where = found
        case = f"{REFUSED}, {when}"
        yield WrongQueue(case, number, "write_slave_error", told, where, refused=where)


def _late_results(step: StepTimeline, config: MachineConfig) -> tuple[int, int] | None:
    """A layer whose first results come when a choice behind it was taken, and where they go."""
    for number, (entry, choice) in enumerate(zip(step.entries, step.layers, strict=True)):
        before = step.entries[number - 1].descriptor if number else None
        if not entry.variants or not isinstance(before, Descriptor) or before.discard:
            continue
        where = before.results_address
        word = Intervals.of(where, config.bus_bytes)
        first_stored, _, _ = step.layers[number - 1].stores[0]
        others = step.entries[: number - 1]
        if first_stored > choice.started and not _touched(others, word, config):
            return number - 1, where
    return None


def _touched(entries: Sequence[Entry], word: Intervals, config: MachineConfig) -> bool:
    """Whether a layer reads or writes it."""
    for entry in entries:
        match entry.descriptor:
            case Descriptor() as layer:
                accesses = product_accesses(layer, config)
            case VectorDescriptor() as layer:
                accesses = vector_accesses(layer, config)
            case _:
                continue
        if word.meets(accesses.weights | accesses.operands | accesses.writes):
            return True
    return False


async def refused(
    driver: Driver, memory: Memory, program: StepProgram, wrong: WrongQueue
) -> Findings:
    """Runs a step with the error and mends it; compares the error and progress."""
    transport, queue = driver.transport, program.queues[program.queue_of(wrong.step)]
    assert isinstance(program.flow, Choosing)
    await transport.write_memory(wrong.address, wrong.data)
    memory.refuse(wrong.refused)
    await driver.write("DEFO", program.flow.host_value(wrong.step))
    with suppress(DittosimError):
        await driver.run(queue.base, queue.count)
    memory.refuse(None)
    error = await driver.error()
    done = await driver.read("QUEUE_DONE")
    right = program.memory[wrong.address : wrong.address + DESCRIPTOR_BYTES]
    await transport.write_memory(wrong.address, right.tobytes())
    found = (wrong.case, error.code, error.descriptor, error.address, done)
    expected = (wrong.case, CODES[wrong.error], wrong.number, wrong.where, wrong.number)
    return compare("wrong choice", [found], [expected], [], None)
