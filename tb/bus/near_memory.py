"""The memory of a scratchpad at the ports of a bus engine on its own."""

from typing import Any

import numpy as np

from golden.machine.config import MachineConfig
from tb.harness.stimulus import pack_bytes


class NearMemory:
    """An agent in the place of :class:`rtl.blocks.ram.Ram`; ``words`` uint8 (words, bytes)."""

    def __init__(self, dut: Any, words: np.ndarray) -> None:
        self._dut, self.words = dut, words
        self._reads, self._writes = (
            hasattr(dut, f"scratchpad_{what}") for what in ("read", "write")
        )
        self._shown = 0

    @classmethod
    def of(cls, dut: Any, image: np.ndarray, config: MachineConfig) -> list["NearMemory"]:
        """That of the first addresses of a copy of ``image``; none without a scratchpad."""
        words = config.scratchpad_bytes // config.bus_bytes
        return [cls(dut, image[:words].copy())] if words else []

    def drive(self, _: int) -> None:
        """Shows the word that was read last."""
        if self._reads:
            self._dut.scratchpad_o.value = self._shown

    def observe(self, _: int) -> None:
        """Reads, then writes."""
        dut = self._dut
        if self._reads and dut.scratchpad_read.value == 1:
            place = dut.scratchpad_read_word.value.to_unsigned()
            self._shown = pack_bytes(self.words[place])
        if self._writes and dut.scratchpad_write.value == 1:
            place = dut.scratchpad_write_word.value.to_unsigned()
            data = dut.scratchpad_data.value.to_unsigned()
            size = self.words.shape[1]
            self.words[place] = np.frombuffer(data.to_bytes(size, "little"), np.uint8)

    def release(self) -> None:
        """Nothing to leave at rest."""
