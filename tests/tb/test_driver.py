import ctypes
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config
from rtl.bus.axi import OKAY
from rtl.registers.register_map import error_codes, registers
from tb.driver import COUNTERS, Driver, complete
from tb.registers.register_model import RegisterModel
from tests.helpers.c_driver import CDriver, build_library, load

TINY = load_config("tiny")
Make = Callable[..., Driver]


@pytest.fixture(scope="module")
def c_library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    return load(build_library(tmp_path_factory.mktemp("c"), TINY))


@pytest.fixture(params=["Python", "C"])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes a driver of a machine: that in Python, or that in C."""
    if request.param == "Python":
        return Driver
    library = request.getfixturevalue("c_library")
    return lambda transport, config: CDriver(transport, config, library)


class Machine:
    """A transport to registers whose hardware ends, fails or hangs some pauses after its start."""

    def __init__(self, config: MachineConfig = TINY) -> None:
        self.model = RegisterModel(config)
        self.memory = bytearray(1 << 12)
        self.pauses_left = 3
        self.error: tuple[int, int, int] | None = None
        self.pauses = 0
        self.layers_end: set[int] = set()

    async def read32(self, address: int) -> int:
        self.model.count("cycles_count", 2**29 + 1, 1)  # it counts while it is read
        value, response = self.model.read(address)
        assert response == OKAY
        return value

    async def write32(self, address: int, value: int) -> None:
        assert self.model.write(address, value, 15) == OKAY
        if self.model.pulses["ctrl_start"]:
            self.model.pulses["ctrl_start"] = 0
            self.model.values |= {"status_busy": 1, "status_done": 0, "status_error": 0}
        if self.model.pulses["ctrl_abort"]:
            self.pauses_left, self.error = 1, (12, 1, 0)

    async def read_memory(self, address: int, count: int) -> bytes:
        return bytes(self.memory[address : address + count])

    async def write_memory(self, address: int, data: bytes) -> None:
        self.memory[address : address + len(data)] = data

    async def pause(self) -> None:
        self.pauses += 1
        if self.pauses in self.layers_end:
            self.model.values["irq_status_layer"] = 1
        self.pauses_left -= 1
        if self.pauses_left:
            return
        values = self.model.values
        values["status_busy"] = 0
        if self.error:
            names = ("error_code_code", "error_descriptor_index", "error_address_address")
            values |= dict(zip(names, self.error, strict=True))
            values |= {"status_error": 1, "irq_status_error": 1}
        else:
            values |= {"status_done": 1, "irq_status_done": 1, "queue_done_count": 2}


def refused(coroutine: Coroutine[Any, Any, object]) -> str:
    with pytest.raises(DittosimError) as caught:
        complete(coroutine)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_runs_a_queue_to_its_end(make):
    machine = Machine()
    driver = make(machine, TINY)
    complete(driver.check())
    counters = complete(driver.run(0x100, 2))
    assert set(counters) == set(COUNTERS)
    assert counters["QUEUE_DONE"] == 2
    values = machine.model.values
    assert (values["queue_base_address"], values["queue_count_count"]) == (0x100, 2)
    assert (values["irq_enable_done"], values["irq_enable_error"]) == (1, 1)
    assert values["irq_status_done"] == 0, "acknowledged"
    assert machine.pauses == 3


@pytest.mark.parametrize("code", [code for code in error_codes() if code])
def test_every_error_is_explained(code, make):
    machine = Machine()
    machine.error = (code, 1, 0x1234)
    message = refused(make(machine, TINY).run(0, 2))
    name, meaning = error_codes()[code]
    assert message == (
        "the accelerator stopped at descriptor 1, address 0x00001234: "
        f"{meaning.rstrip('.')} (error {code}, {name})"
    )
    assert machine.model.values["irq_status_error"] == 0, "acknowledged"


def test_error_code_of_a_later_version(make):
    machine = Machine()
    machine.error = (200, 1, 0)
    message = refused(make(machine, TINY).run(0, 2))
    assert message.endswith("0x00000000: A code of a later version (error 200, unknown)")


def test_a_machine_that_hangs(make):
    machine = Machine()
    machine.pauses_left = 1000
    message = refused(make(machine, TINY).run(0, 2, pauses=20))
    assert message == "the accelerator did not come to its end: 0 of 2 descriptors done; abort it"


def test_tells_the_end_of_layers(make):
    machine = Machine()
    machine.layers_end = {1, 3}
    driver = make(machine, TINY)
    complete(driver.start(0, 2, each_layer=True))
    assert machine.model.values["irq_enable_layer"] == 1
    assert complete(driver.wait_layer())
    assert machine.pauses == 1
    assert machine.model.values["irq_status_layer"] == 0, "acknowledged"
    assert complete(driver.wait_layer()), "the last one, though the queue has ended"
    assert not complete(driver.wait_layer())
    complete(driver.wait())
    assert machine.pauses == 3


def test_a_layer_that_hangs(make):
    machine = Machine()
    machine.pauses_left = 1000
    driver = make(machine, TINY)
    complete(driver.start(0, 2, each_layer=True))
    assert "0 of 2 descriptors done" in refused(driver.wait_layer(pauses=20))


def test_abort(make):
    machine = Machine()
    machine.pauses_left = 1000
    driver = make(machine, TINY)
    complete(driver.start(0, 2))
    complete(driver.abort())
    assert "(error 12, aborted)" in refused(driver.wait())


def test_bad_queues_are_refused_before_they_start(make):
    machine = Machine()
    driver = make(machine, TINY)
    step = TINY.bus_bytes
    assert f"multiple of {step} bytes (bus_bytes)" in refused(driver.start(step // 2, 1))
    assert "at least one" in refused(driver.start(0, 0))
    assert machine.model.values["status_busy"] == 0
    complete(driver.start(0, 1))
    assert "is busy" in refused(driver.start(0, 1))


def test_addresses_are_not_negative():
    step = TINY.bus_bytes
    assert f"multiple of {step}" in refused(Driver(Machine(), TINY).start(-step, 1))


def test_another_machine_answers(make):
    machine = Machine()
    other = TINY.model_copy(update={"lanes": 4})
    assert refused(make(machine, other).check()) == (
        f"the accelerator was generated for configuration {TINY.digest()[:8]}, not "
        f"{other.digest()[:8]}: give the configuration that it was generated for"
    )
    machine.model.values["version_major"] = 9
    assert refused(make(machine, TINY).check()) == (
        "the accelerator has register map 9, this driver is for 1: generate the Verilog with the "
        "driver's version of dittosim"
    )
    machine.model.values["id_magic"] = 0
    assert refused(make(machine, TINY).check()) == (
        "no accelerator answers: ID reads 0x00000000, not 0x44495454; check the base address of "
        "its registers"
    )


def test_a_counter_of_two_words_is_read_whole(make):
    machine = Machine()
    low = registers()["CYCLES"].address
    for _ in range(50):
        before = machine.model.values["cycles_count"]
        value = complete(make(machine, TINY).read("CYCLES"))
        assert before <= value <= machine.model.values["cycles_count"]
    assert machine.model.read(low + 4)[0] > 10, "the high word moved"


def test_a_transport_that_waits_must_be_awaited():
    class Waiting:
        def __await__(self):
            yield

    async def wait() -> None:
        await Waiting()

    with pytest.raises(RuntimeError, match="await the driver"):
        complete(wait())
