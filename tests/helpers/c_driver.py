"""The C driver behind the interface of the Python one, so that the same tests run both."""

import ctypes
import os
import subprocess
from collections.abc import Callable, Coroutine
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_int, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Any, TypeVar

from golden.errors import DittosimError
from golden.files import write_changed
from golden.machine.config import MachineConfig
from rtl.registers.register_header import c_texts
from rtl.registers.register_map import registers
from tb.driver import COUNTERS, PAUSES, DefoEntry, Driver, HardwareError, Transport, complete

T = TypeVar("T")
LIBRARY_VARIABLE = "DITTOSIM_TEST_C_DRIVER"
"""Where the simulator finds the library."""
OPTIONS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow")
TEXT_BYTES = 256
"""DITTO_TEXT_BYTES"""
READ32 = CFUNCTYPE(c_int, c_void_p, c_uint32, POINTER(c_uint32))
WRITE32 = CFUNCTYPE(c_int, c_void_p, c_uint32, c_uint32)
PAUSE = CFUNCTYPE(c_int, c_void_p)
Call = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a coroutine of the transport in the midst of C."""


def fields(*names: str, kind: Any = c_uint32) -> list[tuple[str, Any]]:
    return [(name, kind) for name in names]


class Machine(Structure):
    _fields_ = fields("config_hash", "bus_bytes")


class Bus(Structure):
    _fields_ = [
        ("registers", c_void_p),
        ("read32", READ32),
        ("write32", WRITE32),
        ("pause", PAUSE),
        ("context", c_void_p),
    ]


class Error(Structure):
    _fields_ = fields("code", "descriptor", "address")


class Entry(Structure):
    _fields_ = fields("first", "temporal", "mode")


class Counters(Structure):
    _fields_ = fields(*COUNTERS, kind=c_uint64)


class Ditto(Structure):
    _fields_ = [
        ("bus", Bus),
        ("machine", Machine),
        ("failure", c_int),
        ("found", c_uint32),
        ("expected", c_uint32),
        ("error", Error),
    ]


def build_library(folder: Path, config: MachineConfig, *sources: Path) -> Path:
    """Compiles the driver, and further sources, as a library that Python loads."""
    write_changed(folder, c_texts(config))
    library = folder / "libditto.so"
    compiler = ["gcc", *OPTIONS, "-shared", "-fPIC", "-O2", f"-I{folder}", "-o", str(library)]
    subprocess.run([*compiler, str(folder / "ditto_driver.c"), *map(str, sources)], check=True)
    return library


def load(path: Path | str) -> ctypes.CDLL:
    """The library; functions return what C's do, checked for their number of arguments."""
    library = ctypes.CDLL(str(path))
    ditto = POINTER(Ditto)
    arguments: dict[str, list[Any]] = {
        "check": [],
        "start": [c_uint32, c_uint32, ctypes.c_bool],
        "run": [c_uint32, c_uint32, c_uint32, POINTER(Counters)],
        "wait": [c_uint32],
        "wait_layer": [c_uint32, POINTER(ctypes.c_bool)],
        "abort": [],
        "acknowledge": [],
        "read_error": [POINTER(Error)],
        "read_counters": [POINTER(Counters)],
        "set_step": [c_uint32, ctypes.c_bool],
        "read_defo": [c_uint32, POINTER(Entry)],
        "explain": [ctypes.c_char_p, ctypes.c_size_t],
        "read": [c_uint32, POINTER(c_uint32)],
        "read64": [c_uint32, POINTER(c_uint64)],
        "write": [c_uint32, c_uint32],
    }
    for name, kinds in arguments.items():
        getattr(library, f"ditto_{name}").argtypes = [ditto, *kinds]
    library.ditto_explain.restype = ctypes.c_char_p
    return library


class CDriver(Driver):
    """Each method is a call of C, whose bus is the transport.

    ``call`` runs the transport's coroutines; ``around`` makes a coroutine function of one that
    calls C. The defaults serve transports that never wait for others.
    """

    def __init__(
        self,
        transport: Transport,
        config: MachineConfig,
        library: ctypes.CDLL | None = None,
        call: Call = complete,
        around: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(transport, config)
        self.library = library or load(os.environ[LIBRARY_VARIABLE])
        self._call, self._around = call, around
        self._raised: BaseException | None = None
        self.gives_up = False
        """Whether the next pause does."""
        bus = Bus(None, READ32(self._read32), WRITE32(self._write32), PAUSE(self._pause), None)
        machine = Machine(int(config.digest()[:8], 16), config.bus_bytes)
        self.ditto = Ditto(bus=bus, machine=machine)

    async def check(self) -> None:
        await self.c("check")

    async def run(self, base: int, count: int, pauses: int = PAUSES) -> dict[str, int]:
        found = Counters()
        await self.c("run", base, count, pauses, byref(found))
        return {name: getattr(found, name) for name in COUNTERS}

    async def start(self, base: int, count: int, *, each_layer: bool = False) -> None:
        await self.c("start", base, count, each_layer)

    async def wait(self, pauses: int = PAUSES) -> None:
        await self.c("wait", pauses)

    async def wait_layer(self, pauses: int = PAUSES) -> bool:
        told = ctypes.c_bool()
        await self.c("wait_layer", pauses, byref(told))
        return told.value

    async def abort(self) -> None:
        await self.c("abort")

    async def acknowledge(self) -> None:
        await self.c("acknowledge")

    async def error(self) -> HardwareError:
        found = Error()
        await self.c("read_error", byref(found))
        return HardwareError(found.code, found.descriptor, found.address)

    async def counters(self) -> dict[str, int]:
        found = Counters()
        await self.c("read_counters", byref(found))
        return {name: getattr(found, name) for name in COUNTERS}

    async def defo_entry(self, entry: int) -> DefoEntry:
        found = Entry()
        await self.c("read_defo", entry, byref(found))
        return DefoEntry(found.first, found.temporal, found.mode)

    async def read(self, name: str) -> int:
        register = registers()[name]
        value, function = (c_uint64(), "read64") if register.words == 2 else (c_uint32(), "read")
        await self.c(function, register.address, byref(value))
        return value.value

    async def write(self, name: str, value: int) -> None:
        if name == "DEFO":
            step, plus = (registers()[name][field] for field in ("step", "plus"))
            await self.c("set_step", value & (1 << step.width) - 1, bool(value >> plus.low))
            return
        await self.c("write", registers()[name].address, value)

    async def c(self, name: str, *arguments: Any) -> None:
        """Calls C; DittosimError with its explanation if it fails."""
        function = getattr(self.library, f"ditto_{name}")
        await self.result_of(function, byref(self.ditto), *arguments)

    async def result_of(self, function: Any, *arguments: Any) -> None:
        """The same of another function that returns a result of the driver's."""

        def calling() -> int:
            return function(*arguments)

        result = await self._around(calling)() if self._around else calling()
        raised, self._raised = self._raised, None
        if raised and not isinstance(raised, DittosimError):
            raise raised
        if result:
            assert result == self.ditto.failure
            raise DittosimError(self.explanation())

    def explanation(self) -> str:
        text = ctypes.create_string_buffer(TEXT_BYTES)
        said = self.library.ditto_explain(byref(self.ditto), text, len(text)).decode()
        assert len(said) < TEXT_BYTES - 1, "cut short"
        return said

    def _read32(self, _: object, address: int, value: Any) -> int:
        def read() -> None:
            value[0] = self._call(self.transport.read32(address))

        return self._access(read)

    def _write32(self, _: object, address: int, value: int) -> int:
        return self._access(lambda: self._call(self.transport.write32(address, value)))

    def _pause(self, _: object) -> int:
        gives_up, self.gives_up = self.gives_up, False
        return self._access(lambda: self._call(self.transport.pause())) or gives_up

    def _access(self, access: Callable[[], object]) -> int:
        """0, or 1 if it was refused: nothing can be raised through C."""
        try:
            access()
        except BaseException as error:
            self._raised = error
            return 1
        return 0
