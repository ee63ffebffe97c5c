"""Random layers for the accelerator, of every shape that a machine can run, drawn by strata."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

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
from tb.harness.coverage import Coverage
from tb.harness.stimulus import stratified

ATTEMPTS = 60
"""Draws of a layer before something is no longer asked of it"""
STRATA: dict[str, tuple[str, ...]] = {
    "mode": ("act", "spatial", "temporal", "temporal, all equal"),
    "window": ("one tap", "taps", "taps, padding", "taps, trailing padding"),
    "stride": ("1", "2", "3"),
    "chunks": ("one", "several"),
    "passes": (
        "one block and group",
        "several groups",
        "several blocks",
        "both, groups first",
        "both, blocks first",
    ),
    "waits": ("for nothing", "weights", "inputs", "both"),
}
"""What is drawn of a layer"""
EQUAL = "temporal, all equal"


@dataclass(frozen=True)
class Target:
    """A stratum of each axis of :data:`STRATA`; None: any."""

    mode: str | None = None
    window: str | None = None
    stride: str | None = None
    chunks: str | None = None
    passes: str | None = None
    waits: str | None = None


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


def stratum_of(plan: Plan) -> dict[str, str]:
    """The strata of a layer's shape and cuts."""
    shape = plan.shape
    window = "one tap"
    if shape.kernel > 1:
        window = "taps"
        if shape.trailing or shape.padding:
            window += ", trailing padding" if shape.trailing else ", padding"
    one, groups, blocks, groups_first, blocks_first = STRATA["passes"]
    both = groups_first if plan.rows_outer else blocks_first
    passes = {
        (False, False): one,
        (False, True): groups,
        (True, False): blocks,
        (True, True): both,
    }[plan.row_blocks > 1, plan.groups > 1]
    return {
        "window": window,
        "stride": str(shape.stride),
        "chunks": "several" if plan.chunks > 1 else "one",
        "passes": passes,
    }


def _aimed_plan(
    target: Target, mode: Mode, config: MachineConfig, rng: np.random.Generator
) -> Plan | None:
    """A small layer's plan that is likely in the target's strata."""
    beat, group = config.beat_elements, config.tiles_n * config.columns
    kernel = 1
    if (target.window or str(rng.choice(STRATA["window"]))) != "one tap":
        kernel = int(rng.choice([2, 2, 3, 3, 5]))
    trailing = int(kernel > 1 and (target.window or "").endswith("trailing padding"))
    padding = 0
    if target.window == "taps, padding":
        padding = int(rng.integers(1, kernel))
    elif trailing:
        padding = int(rng.integers(0, kernel - 1))
    passes = target.passes or str(rng.choice(STRATA["passes"]))
    blocks = "blocks" in passes or "both" in passes
    groups = "groups" in passes or "both" in passes
    stride = int(target.stride or rng.integers(1, 4))
    # Channels that are taken in taps are whole beats or more.
    least = beat if kernel > 1 else beat + 1 if target.chunks == "several" else 1
    out_height = int(rng.integers(config.tiles_m, 2 * config.tiles_m + 3)) + 1 if blocks else 0
    out_height = out_height or int(rng.integers(1, 7))
    out_width = int(rng.integers(1, 7))
    beyond = kernel - 2 * padding - trailing
    shape = LayerShape(
        height=max((out_height - 1) * stride + beyond, 1) + int(rng.integers(0, stride)),
        width=max((out_width - 1) * stride + beyond, 1) + int(rng.integers(0, stride)),
        channels=int(rng.integers(least, 3 * beat + 1)),
        columns=int(
            rng.integers(group + 1, 2 * group + 2) if groups else rng.integers(1, group + 1)
        ),
        kernel=kernel,
        stride=stride,
        padding=padding,
        trailing=trailing,
    )
    if unfolded(shape, config):
        return None
    longest = min(Units.of(config).half_beats, shape.row_beats(config))
    chunk_beats = longest
    if target.chunks != "one" and (target.chunks or rng.random() < 0.5):
        chunk_beats = int(rng.integers(1, longest + 1))
    most = -(-shape.out_height // config.tiles_m)
    lines = int(rng.integers(1, max(2, most))) if blocks else most
    rows_outer = passes == "both, groups first" or (not blocks and bool(rng.integers(2)))
    plan = Plan(shape, config, lines, chunk_beats, rows_outer)
    try:
        plan.check(mode)
    except DittosimError:
        return None
    found = stratum_of(plan)
    wanted = ((axis, getattr(target, axis)) for axis in found)
    return plan if all(value in (None, found[axis]) for axis, value in wanted) else None


def _rows(image: np.ndarray, shape: LayerShape, zero_point: int) -> np.ndarray:
    window = (shape.kernel, shape.stride, shape.padding)
    return im2col(image[None], *window, zero_point, shape.trailing).reshape(shape.rows, -1)


def aimed_run(
    target: Target, config: MachineConfig, rng: np.random.Generator, largest: int | None = None
) -> LayerRun | None:
    """A layer in the target's strata, which takes at most ``largest`` bytes with all its tensors.

    None if many draws gave none.
    """
    for _ in range(ATTEMPTS):
        mode = Mode((target.mode or str(rng.choice(list(Mode)))).partition(",")[0])
        plan = _aimed_plan(target, mode, config, rng)
        if plan is None:
            continue
        run = run_of(plan, mode, rng, target)
        fits = largest is None or Program.of([run], 0).size <= largest
        if fits and target.mode in (None, _mode_stratum(run)):
            return run
    return None


def random_run(config: MachineConfig, rng: np.random.Generator) -> LayerRun:
    """A layer on random activations, in some mode; its operands may wait for the layer before."""
    mode = Mode(rng.choice(list(Mode)))
    while True:
        shape = random_shape(rng, config)
        try:
            plan = random_plan(shape, mode, config, rng)
        except DittosimError:
            continue
        return run_of(plan, mode, rng)


def run_of(plan: Plan, mode: Mode, rng: np.random.Generator, target: Target = Target()) -> LayerRun:
    """A layer of that plan on random activations."""
    shape = plan.shape
    zero_point = int(rng.integers(-128, 128))
    size = (shape.height, shape.width, shape.channels)
    image = rng.integers(-128, 128, size, dtype=np.int8)
    density = 0.0 if target.mode == EQUAL else rng.choice([0.0, 0.05, 0.3, 1.0])
    if target.mode == Mode.TEMPORAL:
        density = rng.choice([0.05, 0.3, 1.0])
    delta = rng.integers(-20, 21, size) * (rng.random(size) < density)
    before = np.clip(image + delta, -128, 127).astype(np.int8)
    weights = rng.integers(-128, 128, (shape.k, shape.columns), dtype=np.int8)
    weights_wait, inputs_wait = (bool(wait) for wait in rng.random(2) < 0.25)
    if target.waits:
        weights_wait = target.waits in ("weights", "both")
        inputs_wait = target.waits in ("inputs", "both")
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
    return _told(runs, rng)


def _told(runs: list[LayerRun], rng: np.random.Generator, start: int | None = None) -> Program:
    told = int(rng.integers(len(runs)))
    runs[told] = replace(runs[told], interrupt=True)
    return Program.of(runs, start)


def program_strata(config: MachineConfig) -> dict[str, Sequence[str]]:
    """The strata of :data:`STRATA` that the machine has layers of, and the steps of a layer.

    A stratum is left out if no small layer is in it, whatever else it may be.
    """
    rng = np.random.default_rng(0)
    axes: dict[str, Sequence[str]] = {
        axis: [one for one in strata if aimed_run(Target(**{axis: one}), config, rng) is not None]
        for axis, strata in STRATA.items()
    }
    return {**axes, "step": ("first", "next")}


def stratified_programs(
    config: MachineConfig,
    rng: np.random.Generator,
    count: int,
    layers: int,
    largest: int | None = None,
    start: int | None = None,
) -> list[Program]:
    """``count`` queues of ``layers`` random layers that together meet :func:`program_strata`.

    Layers take at most about ``largest`` bytes each; queues lie at ``start``, as
    :meth:`golden.accelerator.program.Program.of` takes it. In every queue one layer is followed by
    its next step, and one raises the interrupt.
    """
    axes = program_strata(config)
    names = [field.name for field in fields(Target)]
    draws = [stratified(rng, axes[name], count * layers) for name in names]
    targets = [Target(**dict(zip(names, one, strict=True))) for one in zip(*draws, strict=True)]
    runs = [_closest(target, config, rng, largest) for target in targets]
    coverage = Coverage(axes)
    for run in runs:
        _see_run(coverage, run)
    for name, strata in coverage.counts.items():
        # No layer had all that was asked of it.
        runs += [
            _closest(Target(**{name: one}), config, rng, largest)
            for one, met in strata.items()
            if name != "step" and not met
        ]
    return [_told(list(_with_next_step(runs[n::count], rng)), rng, start) for n in range(count)]


def _with_next_step(runs: list[LayerRun], rng: np.random.Generator) -> Iterator[LayerRun]:
    follower = None
    order = rng.permutation(len(runs)).tolist()
    while order and follower is None:
        place = order.pop()
        follower = next_step(runs[place], rng)
    for number, run in enumerate(runs):
        yield run
        if follower is not None and number == place:
            yield follower


def _closest(
    target: Target, config: MachineConfig, rng: np.random.Generator, largest: int | None
) -> LayerRun:
    """A layer in all of the target's strata or, if there is none, in as many as possible."""
    for size in (largest, None):
        left = target
        for axis in (None, "chunks", "window", "stride", "passes", "mode"):
            left = replace(left, **{axis: None}) if axis else left
            run = aimed_run(left, config, rng, size)
            if run is not None:
                return run
    return random_run(config, rng)


def _see_run(coverage: Coverage, run: LayerRun) -> None:
    for axis, stratum in stratum_of(run.plan).items():
        coverage.see(axis, stratum)
    coverage.see("mode", _mode_stratum(run))
    waits = STRATA["waits"][run.weights_wait + 2 * run.inputs_wait]
    coverage.see("waits", waits)
    coverage.see("step", "next" if run.goes_on else "first")


def _mode_stratum(run: LayerRun) -> str:
    equal = run.reference is not None and np.array_equal(run.rows, run.reference)
    return EQUAL if equal else run.mode


def see_program(coverage: Coverage, program: Program) -> None:
    """Counts the strata of a queue's layers."""
    for run in program.runs:
        _see_run(coverage, run)
