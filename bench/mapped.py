"""Machines mapped module by module, each distinct module once for all of them."""

import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from joblib import Parallel, delayed

from dittosim.silicon.design import WHOLE, Design, emitted, split
from dittosim.silicon.liberty import Library, parse_liberty, read_liberty_text
from dittosim.silicon.machine import measure
from dittosim.silicon.mapping import CELLS, Aim
from golden.machine.config import MachineConfig

_MODULE = re.compile(r"^module (\w+)\W.*?^endmodule", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Mapped:
    """A module without what is in it."""

    um2: float
    ns: float
    """Of the worst path, ports at the clock edge; 0 without any"""
    leakage_uw: float


@dataclass(frozen=True)
class MappedMachine:
    """A whole machine."""

    config: MachineConfig
    design: Design
    modules: Mapping[str, Mapped]


def mapped_machines(
    machines: Sequence[MachineConfig], liberty: Path, aim: Aim
) -> list[MappedMachine]:
    """Maps them with the cells of a Liberty file, on all cores."""
    text = read_liberty_text(liberty)
    library = parse_liberty(text, liberty)
    with tempfile.TemporaryDirectory(prefix="dittosim-machines-") as place:
        folders = [Path(place) / str(number) for number in range(len(machines))]
        read = Parallel(n_jobs=-1)(
            delayed(_emitted)(config, folder, text)
            for config, folder in zip(machines, folders, strict=True)
        )
        tasks: dict[str, tuple[str, Path]] = {}
        for design, keys in read:
            for name in design.modules:
                tasks.setdefault(keys[name], (name, design.folder))
        order = sorted(
            tasks, key=lambda key: -(tasks[key][1] / f"{tasks[key][0]}.il").stat().st_size
        )
        found = dict(
            zip(
                order,
                Parallel(n_jobs=-1, verbose=5)(
                    delayed(_mapped)(*tasks[key], library, aim) for key in order
                ),
                strict=True,
            )
        )
    return [
        MappedMachine(config, design, {name: found[keys[name]] for name in design.modules})
        for config, (design, keys) in zip(machines, read, strict=True)
    ]


def _emitted(config: MachineConfig, folder: Path, cells: str) -> tuple[Design, dict[str, str]]:
    """A machine's modules in a folder, and what each is but for its place in it."""
    folder.mkdir()
    (folder / CELLS).write_text(cells)
    name, verilog = emitted(WHOLE, config)
    keys = {
        found[1]: hashlib.sha256(found[0].encode()).hexdigest()
        for found in _MODULE.finditer(verilog)
    }
    return split(name, verilog, folder), keys


def _mapped(name: str, folder: Path, library: Library, aim: Aim) -> Mapped:
    _, _, figures = measure(name, aim, library, 0.1, folder)
    timing = figures.timing
    worst = timing.worst if timing else None
    return Mapped(
        figures.netlist.area_um2, worst.ns if worst else 0.0, timing.leakage_uw if timing else 0.0
    )
