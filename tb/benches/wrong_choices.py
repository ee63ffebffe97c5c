"""Queues with a wrong choice, or a wrong layer within a variant: what the machine says of them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.descriptor import DESCRIPTOR_BYTES, Descriptor
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.step.execute import chosen
from golden.step.program import Choosing, Queue, StepProgram
from rtl.scheduler.error_codes import CODES
from tb.driver import Driver
from tb.harness.comparison import compare
from tb.harness.task import Findings

WRONG = ("entry", "count", "address", "nested", "layer")


@dataclass(frozen=True)
class WrongQueue:
    """A change of one descriptor, and what comes of it in step 0."""

    case: str
    address: int
    """Of the descriptor that is written"""
    data: bytes
    error: str
    number: int
    """Of the descriptor that is refused"""
    where: int


def wrong_queues(program: StepProgram, queue: Queue) -> Iterator[WrongQueue]:
    """One for each of :data:`WRONG`, at the last choice that has a product among others."""
    config = program.config
    entries = list(chosen(queue.entries, lambda _: Mode.ACT))
    number = max(n for n, entry in enumerate(entries) if entry.variants)
    choice = entries[number].descriptor
    assert isinstance(choice, ChoiceDescriptor)
    place = entries[number].address

    def changed(case: str, error: str, at: int, where: int, **fields: int) -> WrongQueue:
        return WrongQueue(case, place, replace(choice, **fields).pack(), error, at, where)

    yield changed("entry", "bad_choice", number, place, entry=config.defo_entries)
    yield changed("count", "bad_choice", number, place, act_count=0)
    address = choice.temporal_address + 1
    yield changed("address", "misaligned", number, address, temporal_address=address)
    yield changed("nested", "bad_choice", number + 1, place, act_address=place)
    product = next(n for n in range(number, len(entries)) if entries[n].product)
    layer = entries[product].descriptor
    assert isinstance(layer, Descriptor)
    at = entries[product].address
    yield WrongQueue("layer", at, replace(layer, groups=0).pack(), "zero_size", product, at)


async def refused(
    driver: Driver, program: StepProgram, wrong: WrongQueue, queue: Queue
) -> Findings:
    """Runs step 0 with the wrong descriptor and mends it; compares the error and progress."""
    memory = driver.transport
    assert isinstance(program.flow, Choosing)
    await memory.write_memory(wrong.address, wrong.data)
    await driver.write("DEFO", program.flow.host_value(0))
    with suppress(DittosimError):
        await driver.run(queue.base, queue.count)
    error = await driver.error()
    done = await driver.read("QUEUE_DONE")
    right = program.memory[wrong.address : wrong.address + DESCRIPTOR_BYTES]
    await memory.write_memory(wrong.address, right.tobytes())
    found = (wrong.case, error.code, error.descriptor, error.address, done)
    expected = (wrong.case, CODES[wrong.error], wrong.number, wrong.where, wrong.number)
    return compare("wrong choice", [found], [expected], [], None)
