"""Why the accelerator stopped: codes of its error register."""

from enum import IntEnum


class ErrorCode(IntEnum):
    """What was wrong with a descriptor, or with memory."""

    NONE = 0
    MAGIC = 1
    MODE = 2
    ZERO = 3
    TOO_LARGE = 4
    MISALIGNED = 5
    READ = 6
    WRITE = 7


MEANINGS = {
    ErrorCode.NONE: "no error",
    ErrorCode.MAGIC: "no descriptor at this address: it does not begin with 0xD170",
    ErrorCode.MODE: "the descriptor's mode is none of 0, 1, 2",
    ErrorCode.ZERO: "a size in the descriptor that must not be 0 is",
    ErrorCode.TOO_LARGE: "the layer's passes do not fit the buffers",
    ErrorCode.MISALIGNED: "an address in the descriptor is no multiple of the bus width",
    ErrorCode.READ: "memory answered a read with an error",
    ErrorCode.WRITE: "memory answered a write with an error",
}
