"""How tensors lie in the accelerator's memory, as arrays of bytes.

Inputs are channels last, each pixel's channels padded to whole beats, each line to whole entries.
Weights come in the order in which the banks take them: group, chunk, tile, k. Accumulators are
int32: group, row, tile, columns in groups of 16, of which each begins with a bus word.
"""

import numpy as np

from golden.accelerator.plan import Plan


def pack_inputs(image: np.ndarray, plan: Plan) -> np.ndarray:
    """int8 (height, width, channels) as uint8 bytes; paddings are 0."""
    config, shape = plan.config, plan.shape
    beats = shape.pixel_beats(config)
    line_bytes = plan.line_entries * plan.units.entry_bytes
    packed = np.zeros((shape.height, line_bytes), np.int8)
    pixels = np.zeros((shape.height, shape.width, beats * config.beat_elements), np.int8)
    pixels[..., : shape.channels] = image
    packed[:, : pixels[0].size] = pixels.reshape(shape.height, -1)
    return packed.reshape(-1).view(np.uint8)


def unpack_inputs(packed: np.ndarray, plan: Plan) -> np.ndarray:
    """The int8 (height, width, channels) in ``packed`` uint8 bytes."""
    shape = plan.shape
    width = shape.pixel_beats(plan.config) * plan.config.beat_elements
    lines = packed.view(np.int8).reshape(shape.height, -1)[:, : shape.width * width]
    return lines.reshape(shape.height, shape.width, width)[..., : shape.channels].copy()


def pack_weights(weights: np.ndarray, plan: Plan) -> np.ndarray:
    """int8 (k, columns) as uint8 bytes; paddings are 0."""
    config, shape, units = plan.config, plan.shape, plan.units
    beats = shape.pixel_beats(config)
    taps = np.zeros((shape.kernel**2, beats * config.beat_elements, shape.columns), np.int8)
    taps[:, : shape.channels] = weights.reshape(-1, shape.channels, shape.columns)
    padded = taps.reshape(-1, shape.columns)
    parts = []
    for group in range(plan.groups):
        for chunk in range(plan.chunks):
            first = chunk * plan.chunk_beats * config.beat_elements
            k = slice(first, first + plan.beats(chunk) * config.beat_elements)
            for tile in range(plan.tiles(group)):
                column = (group * config.tiles_n + tile) * config.columns
                part = padded[k, column : column + config.columns]
                rows = np.zeros((len(part), units.weight_row_words * units.bus_bytes), np.int8)
                rows[:, : part.shape[1]] = part
                parts.append(rows.reshape(-1))
    return np.concatenate(parts).view(np.uint8)


def unpack_weights(packed: np.ndarray, plan: Plan) -> np.ndarray:
    """The int8 (k, columns) in ``packed`` uint8 bytes."""
    config, shape, units = plan.config, plan.shape, plan.units
    width = shape.pixel_beats(config) * config.beat_elements
    found = np.empty((plan.row_beats * config.beat_elements, shape.columns), np.int8)
    row_bytes = units.weight_row_words * units.bus_bytes
    values, first = packed.view(np.int8), 0
    for group in range(plan.groups):
        for chunk in range(plan.chunks):
            start = chunk * plan.chunk_beats * config.beat_elements
            k = slice(start, start + plan.beats(chunk) * config.beat_elements)
            for tile in range(plan.tiles(group)):
                column = (group * config.tiles_n + tile) * config.columns
                part = found[k, column : column + config.columns]
                rows = values[first : first + len(part) * row_bytes].reshape(len(part), -1)
                part[:] = rows[:, : part.shape[1]]
                first += rows.size
    taps = found.reshape(shape.kernel**2, width, shape.columns)
    return taps[:, : shape.channels].reshape(-1, shape.columns)


def pack_accumulators(accumulators: np.ndarray, plan: Plan) -> np.ndarray:
    """int32 (rows, columns) as uint8 bytes; paddings are 0."""
    parts = []
    for group, places in enumerate(_places(plan)):
        rows = np.zeros((len(accumulators), plan.row_words(group) * plan.units.bus_bytes // 4))
        rows = rows.astype("<i4")
        first = group * plan.group_columns
        rows[:, places] = accumulators[:, first : first + len(places)]
        parts.append(rows.reshape(-1))
    return np.concatenate(parts).view(np.uint8)


def unpack_accumulators(packed: np.ndarray, plan: Plan) -> np.ndarray:
    """The int32 (rows, columns) in ``packed`` uint8 bytes."""
    values, parts = packed.view("<i4"), []
    first = 0
    for group, places in enumerate(_places(plan)):
        width = plan.row_words(group) * plan.units.bus_bytes // 4
        rows = values[first : first + plan.shape.rows * width].reshape(plan.shape.rows, width)
        first += rows.size
        parts.append(rows[:, places])
    return np.concatenate(parts, axis=1).astype(np.int32)


def accumulator_bytes(plan: Plan) -> int:
    """Size of packed accumulators."""
    words = sum(plan.shape.rows * plan.row_words(group) for group in range(plan.groups))
    return words * plan.units.bus_bytes


def input_bytes(plan: Plan) -> int:
    """Size of packed inputs."""
    return plan.shape.height * plan.line_entries * plan.units.entry_bytes


def weight_bytes(plan: Plan) -> int:
    """Size of packed weights."""
    every = ((group, chunk) for group in range(plan.groups) for chunk in range(plan.chunks))
    return sum(plan.weight_words(*one) for one in every) * plan.units.bus_bytes


def _places(plan: Plan) -> list[np.ndarray]:
    """Where in a row of results each column of a group lies, in int32."""
    config, units = plan.config, plan.units
    column = np.arange(plan.group_columns)
    tile, within = np.divmod(column, config.columns)
    group, place = np.divmod(within, config.group_columns)
    per_word = units.bus_bytes // 4
    places = (tile * units.tile_row_words + group * units.group_words) * per_word + place
    return [places] * (plan.groups - 1) + [places[: plan.last_group_columns]]
