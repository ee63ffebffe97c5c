"""The devices that a design can be placed on."""

from collections.abc import Mapping
from dataclasses import dataclass

from golden.errors import DittosimError


@dataclass(frozen=True)
class Device:
    """A member of the Lattice ECP5 family."""

    option: str
    """Name on the command line, and of nextpnr's option"""
    name: str
    packages: tuple[str, ...]
    holds: Mapping[str, int]
    """How many of each resource that designs run out of, by nextpnr's name"""


def _holds(cells: int, blocks: int, multipliers: int) -> dict[str, int]:
    return {
        "TRELLIS_COMB": cells,
        "TRELLIS_FF": cells,
        "DP16KD": blocks,
        "MULT18X18D": multipliers,
    }


DEVICES = {
    device.option: device
    for device in (
        Device("25k", "LFE5U-25F", ("CABGA256", "CABGA381", "CSFBGA285"), _holds(24288, 56, 28)),
        Device(
            "45k",
            "LFE5U-45F",
            ("CABGA256", "CABGA381", "CABGA554", "CSFBGA285"),
            _holds(43848, 108, 72),
        ),
        Device(
            "85k",
            "LFE5U-85F",
            ("CABGA381", "CABGA554", "CABGA756", "CSFBGA285"),
            _holds(83640, 208, 156),
        ),
    )
}
WORDS = {
    "TRELLIS_COMB": "LUT4",
    "TRELLIS_FF": "flip-flops",
    "DP16KD": "block RAMs",
    "MULT18X18D": "multipliers",
}
"""What the resources are"""


def device_of(option: str, package: str) -> Device:
    """A device by its name on the command line; DittosimError if it does not come that way."""
    device = DEVICES.get(option)
    if device is None:
        raise DittosimError(f"no device '{option}': choose one of {', '.join(DEVICES)}")
    if package not in device.packages:
        raise DittosimError(
            f"no {device.name} in package '{package}': choose one of {', '.join(device.packages)}"
        )
    return device


def check_fit(top: str, needs: Mapping[str, int], device: Device) -> None:
    """DittosimError if a design needs more of a resource than the device has."""
    wanting = [
        f"{needs[each]:,} {WORDS[each]} of {there:,}"
        for each, there in device.holds.items()
        if needs.get(each, 0) > there
    ]
    if wanting:
        raise DittosimError(
            f"{top} does not fit {device.name}: it needs {', '.join(wanting)}; choose a larger "
            "--device or a smaller --config"
        )
