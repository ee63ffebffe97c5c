"""How a transfer is cut into AXI bursts."""

from dataclasses import dataclass

from golden.machine.config import MachineConfig

ADDRESS_BITS = 32
WORDS_BITS = 20
MAX_WORDS = 2**WORDS_BITS - 1
"""Bus words of the longest transfer."""


@dataclass(frozen=True)
class Transfer:
    """``words`` bus words (1 to MAX_WORDS) from byte ``address`` on, which is aligned to them."""

    address: int
    words: int


def split(transfer: Transfer, config: MachineConfig) -> list[Transfer]:
    """The bursts of a transfer: each as long as ``burst_words`` and the 4 KiB page allow."""
    bursts = []
    address, left = transfer.address, transfer.words
    while left:
        to_page_end = config.page_words - address // config.bus_bytes % config.page_words
        words = min(left, config.burst_words, to_page_end)
        bursts.append(Transfer(address, words))
        address += words * config.bus_bytes
        left -= words
    return bursts
