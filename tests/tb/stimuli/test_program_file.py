from dataclasses import replace
from pathlib import Path

import numpy as np

from golden.accelerator.program import Program
from golden.machine.config import load_config
from tb.stimuli.program_file import ARRAYS, load_programs, save_programs
from tb.stimuli.random_programs import random_program

CONFIG = load_config("tiny").model_copy(update={"tiles_m": 2})


def test_programs_come_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    programs = [random_program(CONFIG, rng, layers) for layers in (3, 1, 2)]
    interrupting = [replace(run, interrupt=True) for run in programs[-1].runs]
    programs.append(Program.of(interrupting))
    save_programs(tmp_path / "programs.npz", programs)
    again = load_programs(tmp_path / "programs.npz", CONFIG)
    assert [len(program.runs) for program in again] == [3, 1, 2, 2]
    for one, other in zip(programs, again, strict=True):
        assert (one.addresses, one.size) == (other.addresses, other.size)
        assert (one.memory() == other.memory()).all()
        for a, b in zip(one.runs, other.runs, strict=True):
            empty = dict.fromkeys(ARRAYS)
            assert replace(a, **empty) == replace(b, **empty)
            for part in ARRAYS:
                assert np.array_equal(getattr(a, part), getattr(b, part))
