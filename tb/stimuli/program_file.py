"""Programs as .npz files, from the process that makes them to the one that simulates."""

from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import numpy as np

from golden.accelerator.plan import Plan
from golden.accelerator.program import COUNTS, FLAGS, LayerRun, Program
from golden.accelerator.shape import LayerShape
from golden.difference.matmul import Mode
from golden.files import whole_file
from golden.machine.config import MachineConfig

MODES = list(Mode)
ARRAYS = ("rows", "weights", "reference", "previous")
FLAGS_KEPT = (*FLAGS, "interrupt", "goes_on")


def save_programs(path: Path, programs: list[Program]) -> None:
    """Writes programs to one .npz file."""
    arrays: dict[str, np.ndarray] = {}
    for number, program in enumerate(programs):
        for layer, run in enumerate(program.runs):
            plan, name = run.plan, f"{number}.{layer}"
            numbers = (plan.lines, plan.chunk_beats, plan.rows_outer)
            flags = (getattr(run, kept) for kept in (*COUNTS, *FLAGS_KEPT))
            arrays[f"{name}.numbers"] = np.array(
                [*astuple(plan.shape), *numbers, MODES.index(run.mode), run.zero_point, *flags]
            )
            for part in ARRAYS:
                if getattr(run, part) is not None:
                    arrays[f"{name}.{part}"] = getattr(run, part)
    # A file, since NumPy adds a suffix to names.
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_programs(path: Path, config: MachineConfig) -> list[Program]:
    """Reads what :func:`save_programs` wrote."""
    names = [field.name for field in fields(LayerShape)]
    programs: list[Program] = []
    with np.load(path) as file:
        while f"{len(programs)}.0.numbers" in file:
            runs: list[LayerRun] = []
            while f"{len(programs)}.{len(runs)}.numbers" in file:
                get = f"{len(programs)}.{len(runs)}.".__add__
                numbers = file[get("numbers")].tolist()
                shape = LayerShape(**dict(zip(names, numbers, strict=False)))
                lines, chunk_beats, rows_outer, mode, zero_point, *kept = numbers[len(names) :]
                plan = Plan(shape, config, lines, chunk_beats, bool(rows_outer))
                parts: dict[str, Any] = {part: file.get(get(part)) for part in ARRAYS}
                parts |= zip(COUNTS, kept, strict=False)
                flags = zip(FLAGS_KEPT, kept[len(COUNTS) :], strict=True)
                parts |= {flag: bool(value) for flag, value in flags}
                runs.append(LayerRun(plan, MODES[mode], zero_point, **parts))
            programs.append(Program.of(runs))
    return programs
