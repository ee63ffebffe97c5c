"""Area of a tile's Encoding Unit, lanes and PEs in OSU 0.18 um cells, without memories.

Linear in what the hardware is made of; the coefficients are least-squares fits to modules mapped
by Yosys. ``python -m bench.area`` maps them anew, and prints coefficients and errors.
"""

from collections.abc import Mapping

from golden.machine.config import MachineConfig

ELEMENT_BITS = {"sign-magnitude": 9, "twos-complement": 10}

PE_UM2 = {"multiplier_bit": 190.0, "row_lane": 4226.5, "psum_bit": 305.7}
ENCODER_UM2 = {"element": 3453.9}
LANE_FIFO_UM2 = {"stored_bit": 214.2, "element": 148.2, "constant": 4968.9}


def pe_features(config: MachineConfig) -> dict[str, float]:
    """What a PE is made of."""
    return {
        "multiplier_bit": config.lanes * config.encoding.digit_bits * 8,
        "row_lane": config.rows_in_flight * config.lanes,
        "psum_bit": config.rows_in_flight * config.psum_bits,
    }


def encoder_features(config: MachineConfig) -> dict[str, float]:
    """What an Encoding Unit is made of."""
    return {"element": config.beat_elements}


def lane_fifo_features(config: MachineConfig) -> dict[str, float]:
    """What a lane FIFO is made of."""
    bits = config.lane_elements * ELEMENT_BITS[config.encoding]
    return {
        "stored_bit": config.fifo_depth * bits,
        "element": config.lane_elements,
        "constant": 1,
    }


def tile_area(config: MachineConfig) -> float:
    """Square micrometres of a tile's Encoding Unit, lane FIFOs and PEs."""
    return (
        _area(ENCODER_UM2, encoder_features(config))
        + config.lanes * _area(LANE_FIFO_UM2, lane_fifo_features(config))
        + config.columns * _area(PE_UM2, pe_features(config))
    )


def _area(coefficients: Mapping[str, float], features: Mapping[str, float]) -> float:
    return sum(coefficients[name] * value for name, value in features.items())
