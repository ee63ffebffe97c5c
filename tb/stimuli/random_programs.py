"""Random layers for the accelerator, of every shape that a machine can run."""

from dataclasses import replace

import numpy as np

from golden.accelerator.candidates import candidates
from golden.accelerator.plan import Plan
from golden.accelerator.program import LayerRun, Program
from golden.accelerator.shape import LayerShape, unfolded, unfolded_shape
from golden.accelerator.units import Units
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.formats.im2col import im2col
from golden.machine.config import MachineConfig


def random_shape(rng: np.random.Generator, config: MachineConfig) -> LayerShape:
    """A small layer, as the accelerator takes it."""
    kernel = int(rng.choice([1, 1, 2, 3, 3, 5]))
    shape = LayerShape(
        height=int(rng.integers(kernel, kernel + 8)),
        width=int(rng.integers(kernel, kernel + 6)),
        channels=int(rng.integers(1, 3 * config.beat_elements + 1)),
        columns=int(rng.integers(1, 3 * config.columns * config.tiles_n + 1)),
        kernel=kernel,
        stride=int(rng.integers(1, 4)),
        padding=int(rng.integers(0, kernel)),
        trailing=int(rng.integers(0, 2)) if kernel > 1 else 0,
    )
    return unfolded_shape(shape) if unfolded(shape, config) else shape


def random_plan(
    shape: LayerShape, mode: Mode, config: MachineConfig, rng: np.random.Generator
) -> Plan:
    """Any plan of a layer; DittosimError if the machine has none."""
    plans = list(candidates(shape, mode, config))
    plan = plans[int(rng.integers(len(plans)))]
    longest = min(Units.of(config).half_beats, plan.row_beats)
    chunk_beats = int(rng.integers(1, longest + 1)) if rng.random() < 0.5 else plan.chunk_beats
    return Plan(shape, config, plan.lines, chunk_beats, bool(rng.integers(2)))


def _rows(image: np.ndarray, shape: LayerShape, zero_point: int) -> np.ndarray:
    window = (shape.kernel, shape.stride, shape.padding)
    return im2col(image[None], *window, zero_point, shape.trailing).reshape(shape.rows, -1)


def random_run(config: MachineConfig, rng: np.random.Generator) -> LayerRun:
    """A layer on random activations, in some mode; its operands may wait for the layer before."""
    mode = Mode(rng.choice(list(Mode)))
    while True:
        shape = random_shape(rng, config)
        try:
            plan = random_plan(shape, mode, config, rng)
        except DittosimError:
            continue
        break
    zero_point = int(rng.integers(-128, 128))
    size = (shape.height, shape.width, shape.channels)
    image = rng.integers(-128, 128, size, dtype=np.int8)
    density = rng.choice([0.0, 0.05, 0.3, 1.0])
    delta = rng.integers(-20, 21, size) * (rng.random(size) < density)
    before = np.clip(image + delta, -128, 127).astype(np.int8)
    weights = rng.integers(-128, 128, (shape.k, shape.columns), dtype=np.int8)
    weights_wait, inputs_wait = (bool(wait) for wait in rng.random(2) < 0.25)
    run = LayerRun(
        plan,
        mode,
        zero_point,
        _rows(image, shape, zero_point),
        weights,
        weights_wait=weights_wait,
        inputs_wait=inputs_wait,
    )
    if mode is not Mode.TEMPORAL:
        return run
    reference = _rows(before, shape, zero_point)
    previous = rng.integers(-(2**24), 2**24, (shape.rows, shape.columns), dtype=np.int32)
    return replace(run, reference=reference, previous=previous)


def next_step(run: LayerRun, rng: np.random.Generator) -> LayerRun | None:
    """The layer at the next denoising step, which adds to what ``run`` leaves in memory.

    None if its previous accumulators do not fit the machine.
    """
    shape = run.plan.shape
    try:
        plan = random_plan(shape, Mode.TEMPORAL, run.plan.config, rng)
    except DittosimError:
        return None
    image = shape.image(run.rows)
    image = np.clip(image + rng.integers(-2, 3, image.shape), -128, 127).astype(np.int8)
    return replace(
        run,
        plan=plan,
        mode=Mode.TEMPORAL,
        rows=_rows(image, shape, run.zero_point),
        reference=run.rows,
        previous=run.accumulators(),
        inputs_wait=True,
        goes_on=True,
    )


def random_program(config: MachineConfig, rng: np.random.Generator, layers: int) -> Program:
    """A queue of random layers, of which one raises the interrupt.

    Some come twice in a row, as in two denoising steps.
    """
    runs: list[LayerRun] = []
    while len(runs) < layers:
        again = next_step(runs[-1], rng) if runs and rng.random() < 0.3 else None
        runs.append(again or random_run(config, rng))
    told = int(rng.integers(layers))
    runs[told] = replace(runs[told], interrupt=True)
    return Program.of(runs)
