"""Bench of the register file under cocotbext-axi's AXI4-Lite master: random accesses and events."""

from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster

from rtl.registers.register_map import WORD_BYTES, Kind
from tb.bus.bus_slave import random_pauses
from tb.harness.clocked import reset, start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, reset_places
from tb.harness.stimulus import stratified
from tb.harness.task import current_task, report
from tb.registers.register_model import (
    NOWHERE,
    RegisterModel,
    address_of,
    places,
    random_places,
)

ACTIONS = 1200


class Hardware:
    """The hardware's side of the registers: moves the device's ports and the model alike."""

    def __init__(
        self, dut: Any, model: RegisterModel, rng: np.random.Generator, coverage: Coverage
    ) -> None:
        self._dut, self._rng, self._coverage = dut, rng, coverage
        self._inputs: dict[str, int] = {}
        self.begin(model)
        for _, field in model.fields(Kind.INPUT, Kind.INTERRUPT, Kind.COUNTER):
            if hasattr(dut, field.port):
                getattr(dut, field.port).value = 0
        dut.clear_counters.value = 0

    def begin(self, model: RegisterModel) -> None:
        """Begins anew after a reset; inputs stay what they are."""
        self.model = model
        self.pulses = dict.fromkeys(model.pulses, 0)
        for _, field in model.fields(Kind.INPUT):
            if field.port != "config_hash_hash":
                model.values[field.port] = self._inputs.get(field.port, 0)

    async def watch_pulses(self) -> None:
        """Counts the cycles in which each pulse is high."""
        edge = RisingEdge(self._dut.clk)
        while True:
            await edge
            for port in self.pulses:
                self.pulses[port] += int(getattr(self._dut, port).value)

    async def act(self) -> None:
        """Something happens: inputs change, interrupts are set, counters run or are cleared."""
        dut, model, rng = self._dut, self.model, self._rng
        await FallingEdge(dut.clk)
        for _, field in model.fields(Kind.INPUT):
            if field.port != "config_hash_hash":
                value = int.from_bytes(rng.bytes(8), "little") & ((1 << field.width) - 1)
                getattr(dut, field.port).value = value
                model.values[field.port] = self._inputs[field.port] = value
        held = []
        cycles = int(rng.integers(1, 4))
        for _, field in model.fields(Kind.INTERRUPT):
            if rng.random() < 0.2:
                held.append(field.port)
                getattr(dut, field.port).value = 1
                model.values[field.port] = 1
                self._coverage.see("event", "interrupts")
        clear = rng.random() < 0.05
        for _, field in model.fields(Kind.COUNTER):
            if rng.random() < 0.5:
                amount = int(rng.integers(1, 1 << field.port_bits))
                held.append(field.port)
                getattr(dut, field.port).value = amount
                model.count(field.port, amount, cycles)
                self._coverage.see("event", "counts")
        if clear:
            model.clear_counters()
            self._coverage.see("event", "counters cleared")
        dut.clear_counters.value = int(clear)
        for _ in range(cycles):
            await FallingEdge(dut.clk)
        dut.clear_counters.value = 0
        for port in held:
            getattr(dut, port).value = 0


HALF = {
    "an address waits for its data": ("awvalid",),
    "data wait for their address": ("wvalid",),
    "the answer to a write waits": ("awvalid", "wvalid"),
    "the answer to a read waits": ("arvalid",),
}
"""What a reset finds in the middle of accesses, and which handshakes led there"""


async def cut_accesses(dut: Any, coverage: Coverage) -> tuple[list[object], list[object]]:
    """Resets between the handshakes of accesses, and what the device must offer after each.

    For a bus that nobody drives yet.
    """
    found: list[object] = []
    expected: list[object] = []
    for signal in ("awvalid", "wvalid", "arvalid", "bready", "rready", "awaddr", "araddr"):
        getattr(dut, f"s_axi_{signal}").value = 0
    for place, handshakes in HALF.items():
        for signal in handshakes:
            getattr(dut, f"s_axi_{signal}").value = 1
        for cycle in range(3):
            await FallingEdge(dut.clk)
            if not cycle:
                for signal in handshakes:
                    getattr(dut, f"s_axi_{signal}").value = 0
        await reset(dut)
        offered = ("bvalid", "rvalid", "awready", "wready", "arready")
        found.append((place, *(int(getattr(dut, f"s_axi_{one}").value) for one in offered)))
        expected.append((place, 0, 0, 1, 1, 1))
        coverage.see("cut access", place)
    return found, expected


STROBES = ("whole words", "parts of words")
EVENTS = ("interrupts", "counts", "counters cleared")


@cocotb.test()
async def bench(dut: Any) -> None:
    """Every answer, output and the interrupt compared after every access, resets between them."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    words = [*places(), NOWHERE]
    axes = {"read": words, "written": words, "strobes": STROBES, "event": EVENTS}
    coverage = Coverage({**axes, "reset": RESETS, "cut access": HALF})
    hardware = Hardware(dut, RegisterModel(task.config), rng, coverage)
    await start(dut)
    found, expected = await cut_accesses(dut, coverage)
    master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi"), dut.clk, dut.rst)
    if task.stalls:
        write, read = master.write_if, master.read_if
        for channel in (write.aw_channel, write.w_channel, write.b_channel):
            channel.set_pause_generator(random_pauses(rng))
        for channel in (read.ar_channel, read.r_channel):
            channel.set_pause_generator(random_pauses(rng))
    cocotb.start_soon(hardware.watch_pulses())
    actions = stratified(rng, ("read", "write", "act"), ACTIONS)
    read_places, written_places = random_places(rng, ACTIONS), random_places(rng, ACTIONS)
    resets = reset_places(rng, ACTIONS)
    for number, action in enumerate(actions):
        model = hardware.model
        if number in resets:
            found.append(("pulses", dict(hardware.pulses)))
            expected.append(("pulses", model.pulses))
            await FallingEdge(dut.clk)
            await reset(dut)
            hardware.begin(RegisterModel(task.config))
            model = hardware.model
            coverage.see("reset", resets[number])
        if action == "read":
            place = read_places.pop()
            address = address_of(place, rng)
            answer = await master.read(address, WORD_BYTES)
            found.append(("read", place, int.from_bytes(answer.data, "little"), answer.resp))
            expected.append(("read", place, *model.read(address)))
            coverage.see("read", place)
        elif action == "write":
            place = written_places.pop()
            address = address_of(place, rng)
            first = int(rng.choice([0, 0, 0, 1, 2, 3]))
            count = int(rng.integers(1, WORD_BYTES - first + 1)) if first else WORD_BYTES
            data = int.from_bytes(rng.bytes(count), "little")
            answer = await master.write(address + first, data.to_bytes(count, "little"))
            found.append(("write", place, answer.resp))
            strobes = ((1 << count) - 1) << first
            expected.append(("write", place, model.write(address, data << 8 * first, strobes)))
            coverage.see("written", place)
            coverage.see("strobes", STROBES[count < WORD_BYTES])
        else:
            await hardware.act()
        await FallingEdge(dut.clk)
        outputs = [field.port for _, field in model.fields(Kind.OUTPUT)]
        found.append([int(getattr(dut, port).value) for port in outputs] + [int(dut.irq.value)])
        expected.append([model.values[port] for port in outputs] + [model.irq])
    found.append(hardware.pulses)
    expected.append(hardware.model.pulses)
    report(compare("access", found, expected, [], None), coverage)
