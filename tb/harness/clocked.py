"""Drives and observes streams of a device under test, one step per clock cycle."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly, with_timeout

from tb.harness.coverage import Coverage

PERIOD_NS = 10


class Agent(Protocol):
    """Something that takes part in every cycle of a simulation."""

    def drive(self, cycle: int, /) -> None:
        """Sets inputs of the device, just after a falling edge."""

    def observe(self, cycle: int, /) -> None:
        """Reads its signals once they have settled; they are what the rising edge will see."""

    def release(self) -> None:
        """Leaves the inputs at rest when a run ends."""


class Source:
    """Offers ``items`` at a stream input, each after its gap; records when each was accepted.

    An item is first offered only while ``gate`` allows.

    The payload between items is ``idle``, so that a device that looks at it is found out.
    """

    def __init__(
        self,
        dut: Any,
        name: str,
        items: Sequence[int],
        gaps: Sequence[int] | None = None,
        idle: int = 0,
        gate: Callable[[], bool] | None = None,
    ) -> None:
        self._payload = getattr(dut, f"{name}__payload")
        self._valid = getattr(dut, f"{name}__valid")
        self._ready = getattr(dut, f"{name}__ready")
        self._items = items
        self._gaps = gaps
        self._idle = idle
        self._gate = gate
        self._wait = self._gap(0)
        self._offering = False
        self._payload.value = idle
        self._valid.value = 0
        self.accepted: list[int] = []
        self.offered: list[int] = []

    def _gap(self, index: int) -> int:
        return self._gaps[index] if self._gaps is not None and index < len(self._items) else 0

    @property
    def least_cycles(self) -> int:
        """Cycles that all items and gaps take if the device never stalls."""
        return len(self._items) + sum(self._gaps or ())

    @property
    def waits(self) -> int:
        """Items before which the producer waited."""
        return sum(gap > 0 for gap in self._gaps or ())

    @property
    def done(self) -> bool:
        """Every item was accepted."""
        return len(self.accepted) == len(self._items)

    def drive(self, cycle: int) -> None:
        """Sets the stream's signals for this cycle."""
        if self._offering and len(self.offered) > len(self.accepted):
            return
        if self.done or self._wait or (self._gate and not self._gate()):
            self._wait -= self._wait > 0
            if self._offering:
                self._offering = False
                self._valid.value = 0
                self._payload.value = self._idle
            return
        self._payload.value = self._items[len(self.accepted)]
        if not self._offering:
            self._offering = True
            self._valid.value = 1
        self.offered.append(cycle)

    def release(self) -> None:
        """Offers nothing any more."""
        self._valid.value = 0

    def observe(self, cycle: int) -> None:
        """Notes whether the item was accepted in this cycle."""
        if self._offering and self._ready.value == 1:
            self.accepted.append(cycle)
            self._wait = self._gap(len(self.accepted))


class Sink:
    """Takes what a stream output offers whenever ``ready`` says so; records payloads and cycles."""

    def __init__(self, dut: Any, name: str, ready: np.ndarray | None = None) -> None:
        array = f"{name}__payload__0"
        self._payloads: list[Any] = []
        if hasattr(dut, array):
            while hasattr(dut, f"{name}__payload__{len(self._payloads)}"):
                self._payloads.append(getattr(dut, f"{name}__payload__{len(self._payloads)}"))
        else:
            self._payloads.append(getattr(dut, f"{name}__payload"))
        self._valid = getattr(dut, f"{name}__valid")
        self._ready = getattr(dut, f"{name}__ready")
        self._pattern = [] if ready is None else ready.tolist()
        self._is_ready = True
        self._ready.value = 1
        self.payloads: list[tuple[int, ...]] = []
        self.cycles: list[int] = []
        self.blocked: list[int] = []
        """Cycles in which something was offered and not taken."""

    def has(self, count: int) -> Callable[[], bool]:
        """Asks whether so many items were taken."""
        return lambda: len(self.cycles) >= count

    def drive(self, cycle: int) -> None:
        """Sets ready for this cycle."""
        ready = self._pattern[cycle] if cycle < len(self._pattern) else True
        if ready != self._is_ready:
            self._is_ready = ready
            self._ready.value = int(ready)

    def release(self) -> None:
        """Takes whatever comes."""
        self._ready.value = 1

    def observe(self, cycle: int) -> None:
        """Takes what is offered in this cycle."""
        if self._valid.value != 1:
            return
        if self._is_ready:
            self.payloads.append(tuple(int(p.value) for p in self._payloads))
            self.cycles.append(cycle)
        else:
            self.blocked.append(cycle)


STREAM_STRATA = {
    "producer": ("never waits", "waits"),
    "consumer": ("never waits", "waits"),
}
"""Axes of :func:`see_streams`"""


def stream_strata(stalls: bool) -> dict[str, Sequence[str]]:
    """What a run of streams must meet with random stalls and without."""
    return {axis: strata[stalls:][:1] for axis, strata in STREAM_STRATA.items()}


def see_streams(coverage: Coverage, source: Source, sink: Sink) -> None:
    """Counts the items that a producer held back, and those that a consumer let wait."""
    for axis, waits, count in (
        ("producer", source.waits, len(source.accepted)),
        ("consumer", len(sink.blocked), len(sink.cycles)),
    ):
        stratum = STREAM_STRATA[axis][waits > 0]
        if stratum in coverage.counts[axis]:
            coverage.see(axis, stratum, waits or count)


async def start(dut: Any) -> None:
    """Starts the clock and resets the device; returns just after a falling edge."""
    # Low first: an edge at time 0 would come before Icarus has evaluated the combinational logic.
    Clock(dut.clk, PERIOD_NS, unit="ns").start(start_high=False)
    await reset(dut, 3)


async def reset(dut: Any, cycles: int = 1) -> None:
    """Resets the device for some cycles, whatever it is doing and is offered.

    Call it just after a falling edge; returns just after one.
    """
    dut.rst.value = 1
    for _ in range(cycles):
        await FallingEdge(dut.clk)
    dut.rst.value = 0


async def run(
    dut: Any,
    streams: Sequence[Agent],
    done: Callable[[], bool],
    expected: int,
    extra: int = 8,
    moment: int | None = None,
) -> int:
    """Runs the streams until ``done`` and ``extra`` cycles more, in which nothing may come.

    Returns the number of cycles. ``expected`` is about how many cycles it takes until ``done``;
    far beyond that the device is stuck: SimTimeoutError. At ``moment`` it is left as it is, to be
    reset in the middle of everything.

    AssertionError if a handshake is neither 0 nor 1, which Icarus can tell.
    """
    handshakes = [each for each in dut if each._name.endswith(("valid", "ready"))]

    async def loop() -> int:
        falling = FallingEdge(dut.clk)
        settled = ReadOnly()
        cycle = 0
        left = extra
        while left:
            for stream in streams:
                stream.drive(cycle)
            await settled
            if cycle == 0:
                unknown = [each._name for each in handshakes if not each.value.is_resolvable]
                assert not unknown, f"neither 0 nor 1 after reset: {', '.join(unknown)}"
            for stream in streams:
                stream.observe(cycle)
            left -= done()
            cycle += 1
            await falling
            if cycle == moment:
                return cycle
        for stream in streams:
            stream.release()
        return cycle

    return await with_timeout(loop(), (2 * expected + extra + 500) * PERIOD_NS, "ns")
