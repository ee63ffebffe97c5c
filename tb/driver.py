"""The host's driver: runs queues of descriptors on the accelerator, over any transport."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, TypeVar

from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from rtl.registers.register_map import WORD_BYTES, counters, error_codes, registers

T = TypeVar("T")
COUNTERS = tuple(counters())
"""Registers that count."""
PAUSES = 1_000_000
"""Of the transport, after which a queue that has not ended is given up"""


class Transport(Protocol):
    """How the host reaches the accelerator; all addresses are in bytes."""

    async def read32(self, address: int) -> int:
        """Reads a register."""

    async def write32(self, address: int, value: int) -> None:
        """Writes a register."""

    async def read_memory(self, address: int, count: int) -> bytes:
        """Reads the accelerator's memory."""

    async def write_memory(self, address: int, data: bytes) -> None:
        """Writes the accelerator's memory."""

    async def pause(self) -> None:
        """Returns at the interrupt, or after some time: the driver then looks again."""


@dataclass(frozen=True)
class HardwareError:
    """What the error registers say."""

    code: int
    descriptor: int
    address: int

    def __str__(self) -> str:
        name, meaning = error_codes().get(self.code, ("unknown", "A code of a later version."))
        return (
            f"descriptor {self.descriptor}, address {self.address:#010x}: {meaning.rstrip('.')} "
            f"(error {self.code}, {name})"
        )


@dataclass(frozen=True)
class DefoEntry:
    """What the Defo Unit measured and decided for a layer."""

    first: int
    """Count of step 0, in ACT"""
    temporal: int
    """Count of step 1, in TEMPORAL"""
    mode: int
    """Of the steps behind them, as descriptors number modes"""


class Driver:
    """Drives one accelerator of the given configuration."""

    def __init__(self, transport: Transport, config: MachineConfig) -> None:
        self.transport = transport
        self.config = config

    async def check(self) -> None:
        """Raises DittosimError if what answers is another machine than the configured one."""
        magic = await self.read("ID")
        expected = registers()["ID"]["magic"].reset
        if magic != expected:
            raise DittosimError(
                f"no accelerator answers: ID reads {magic:#010x}, not {expected:#010x}; "
                "check the base address of its registers"
            )
        version = registers()["VERSION"]["major"]
        major = await self.read("VERSION") >> version.low
        if major != version.reset:
            raise DittosimError(
                f"the accelerator has register map {major}, this driver is for {version.reset}: "
                "generate the Verilog with the driver's version of dittosim"
            )
        found, wanted = await self.read("CONFIG_HASH"), int(self.config.digest()[:8], 16)
        if found != wanted:
            raise DittosimError(
                f"the accelerator was generated for configuration {found:08x}, not {wanted:08x}: "
                "give the configuration that it was generated for"
            )

    async def run(self, base: int, count: int, pauses: int = PAUSES) -> dict[str, int]:
        """Runs ``count`` descriptors from byte address ``base`` on and returns the counters.

        Raises DittosimError if the hardware reports an error, or does not come to its end within
        ``pauses`` pauses of the transport.
        """
        await self.start(base, count)
        await self.wait(pauses)
        return await self.counters()

    async def start(self, base: int, count: int, *, each_layer: bool = False) -> None:
        """Starts a queue, its end to be told by the interrupt.

        With ``each_layer`` also the end of layers whose descriptors have the interrupt flag.
        """
        if base < 0 or base % self.config.bus_bytes:
            raise DittosimError(
                f"queue at {base:#x}: its address must be a multiple of {self.config.bus_bytes} "
                "bytes (bus_bytes)"
            )
        if count < 1:
            raise DittosimError(f"queue of {count} descriptors: give it at least one")
        if await self._flag("STATUS", "busy"):
            raise DittosimError("the accelerator is busy: wait for it, or abort")
        await self.acknowledge()
        causes = ("done", "error", *(("layer",) if each_layer else ()))
        enable = sum(1 << registers()["IRQ_ENABLE"][cause].low for cause in causes)
        await self.write("IRQ_ENABLE", enable)
        await self.write("QUEUE_BASE", base)
        await self.write("QUEUE_COUNT", count)
        await self.write("CTRL", 1 << registers()["CTRL"]["start"].low)

    async def wait(self, pauses: int = PAUSES) -> None:
        """Waits for the end of the queue and acknowledges the interrupt.

        Raises DittosimError as :meth:`run` does.
        """
        done, error = (registers()["STATUS"][name].low for name in ("done", "error"))
        for _ in range(pauses):
            status = await self.read("STATUS")
            if status >> done & 1:
                await self.acknowledge()
                return
            if status >> error & 1:
                await self.acknowledge()
                raise DittosimError(f"the accelerator stopped at {await self.error()}")
            await self.transport.pause()
        await self._hangs()

    async def wait_layer(self, pauses: int = PAUSES) -> bool:
        """Waits for the end of a layer with the interrupt flag, and acknowledges it.

        False if the queue came to its end first; :meth:`wait` tells which. ``QUEUE_DONE`` says how
        far it is: flagged layers that end before this one is acknowledged are not told again.
        Raises DittosimError as :meth:`run` does for a queue that hangs.
        """
        layer = registers()["IRQ_STATUS"]["layer"]
        for _ in range(pauses):
            busy = await self._flag("STATUS", "busy")
            if await self._flag("IRQ_STATUS", "layer"):
                await self.write("IRQ_STATUS", 1 << layer.low)
                return True
            if not busy:
                return False
            await self.transport.pause()
        return await self._hangs()

    async def abort(self) -> None:
        """Stops a running queue; :meth:`wait` then reports the error ``aborted``."""
        await self.write("CTRL", 1 << registers()["CTRL"]["abort"].low)

    async def acknowledge(self) -> None:
        """Clears all interrupts that are set."""
        await self.write("IRQ_STATUS", await self.read("IRQ_STATUS"))

    async def error(self) -> HardwareError:
        """What the error registers hold; code 0 if there was none."""
        names = ("ERROR_CODE", "ERROR_DESCRIPTOR", "ERROR_ADDRESS")
        return HardwareError(*[await self.read(name) for name in names])

    async def counters(self) -> dict[str, int]:
        """Every counter by the name of its register."""
        return {name: await self.read(name) for name in COUNTERS}

    async def defo_entry(self, entry: int) -> DefoEntry:
        """An entry of the Defo table, while no queue runs."""
        await self.write("DEFO_INDEX", entry)
        names = ("DEFO_FIRST", "DEFO_TEMPORAL", "DEFO_MODE")
        return DefoEntry(*[await self.read(name) for name in names])

    async def read(self, name: str) -> int:
        """The register of that name; one of two words is read whole even while it counts."""
        register = registers()[name]
        if register.words == 1:
            return await self.transport.read32(register.address)
        high = await self.transport.read32(register.address + WORD_BYTES)
        while True:
            low = await self.transport.read32(register.address)
            again = await self.transport.read32(register.address + WORD_BYTES)
            if again == high:
                return high << 32 | low
            high = again

    async def write(self, name: str, value: int) -> None:
        """Writes the register of that name."""
        await self.transport.write32(registers()[name].address, value)

    async def _hangs(self) -> NoReturn:
        raise DittosimError(
            f"the accelerator did not come to its end: {await self.read('QUEUE_DONE')} of "
            f"{await self.read('QUEUE_COUNT')} descriptors done; abort it"
        )

    async def _flag(self, register: str, field: str) -> bool:
        return bool(await self.read(register) >> registers()[register][field].low & 1)


def complete(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a driver's coroutine over a transport that never waits for other coroutines."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise RuntimeError("this transport waits: await the driver instead")
