"""What the registers must do, in Python, access by access."""

import numpy as np

from golden.machine.config import MachineConfig
from rtl.bus.axi import OKAY, SLAVE_ERROR
from rtl.registers.register_map import WORD_BYTES, Field, Kind, Register, registers
from tb.harness.stimulus import stratified

WRITABLE = (Kind.OUTPUT, Kind.PULSE, Kind.INTERRUPT)


class RegisterModel:
    """The state of the register file between accesses."""

    def __init__(self, config: MachineConfig) -> None:
        self.values = {field.port: field.reset for _, field in self.fields()}
        self.values["config_hash_hash"] = int(config.digest()[:8], 16)
        self.pulses = {field.port: 0 for _, field in self.fields() if field.kind is Kind.PULSE}

    @staticmethod
    def fields(*kinds: Kind) -> list[tuple[Register, Field]]:
        """All fields, or those of some kinds."""
        return [
            (register, field)
            for register in registers().values()
            for field in register.fields
            if not kinds or field.kind in kinds
        ]

    def read(self, address: int) -> tuple[int, int]:
        """Data and response of a read of one word."""
        register = self._at(address)
        if register is None:
            return 0, SLAVE_ERROR
        whole = sum(
            self.values[field.port] << field.low
            for field in register.fields
            if field.kind is not Kind.PULSE
        )
        place = address - register.address
        return whole >> (8 * place) & 0xFFFFFFFF, OKAY

    def write(self, address: int, data: int, strobes: int) -> int:
        """The response to a write of the bytes in ``strobes`` of one word."""
        register = self._at(address)
        if register is None or not any(field.kind in WRITABLE for field in register.fields):
            return SLAVE_ERROR
        mask = sum(0xFF << (8 * n) for n in range(WORD_BYTES) if strobes >> n & 1)
        for field in register.fields:
            ones = (1 << field.width) - 1
            chosen, bits = mask >> field.low & ones, data >> field.low & ones
            if field.kind is Kind.OUTPUT:
                kept = self.values[field.port] & ~chosen
                self.values[field.port] = kept | (bits & chosen)
            elif field.kind is Kind.INTERRUPT:
                self.values[field.port] &= ~(bits & chosen)
            elif field.kind is Kind.PULSE:
                self.pulses[field.port] += bits & chosen
        return OKAY

    def count(self, port: str, amount: int, cycles: int) -> None:
        """A counter that is incremented for some cycles."""
        self.values[port] = (self.values[port] + amount * cycles) % 2**64

    def clear_counters(self) -> None:
        """All counters to 0."""
        for _, field in self.fields(Kind.COUNTER):
            self.values[field.port] = 0

    @property
    def irq(self) -> int:
        """The interrupt."""
        interrupts = [field for _, field in self.fields(Kind.INTERRUPT)]
        return int(any(self.values[f.port] & self.values[f.enabled_by] for f in interrupts))

    def _at(self, address: int) -> Register | None:
        for register in registers().values():
            if register.address <= address < register.address + register.words * WORD_BYTES:
                return register
        return None


NOWHERE = "no register"


def places() -> dict[str, int]:
    """Every word of every register by its name, and its address."""
    return {
        f"{name} {n}" if n else name: register.address + WORD_BYTES * n
        for name, register in registers().items()
        for n in range(register.words)
    }


def random_places(rng: np.random.Generator, count: int) -> list[str]:
    """Names of words of :func:`places`, those that can be written twice as often, or of none."""
    written = [register.name for register, _ in RegisterModel.fields(*WRITABLE)]
    return stratified(rng, [*places(), *dict.fromkeys(written), NOWHERE, NOWHERE], count)


def address_of(place: str, rng: np.random.Generator) -> int:
    """The address of one of :func:`random_places`."""
    known = places()
    while place == NOWHERE:
        address = int(rng.integers(1 << 10)) * WORD_BYTES
        if address not in known.values():
            return address
    return known[place]
