"""Fits area and clock of any machine to machines that are mapped: ``python -m bench.area LIBERTY``.

Writes ``dittosim/silicon/fitted45.toml``, and into docs/sweeps.md how far the fit is from each
machine, as is a fit to all others.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from bench.mapped import MappedMachine, mapped_machines
from bench.page import marked
from dittosim.silicon.fitted import FILE, FittedPart, FittedSilicon
from dittosim.silicon.liberty import parse_liberty, read_liberty_text
from dittosim.silicon.mapping import Aim
from dittosim.silicon.parts import Part, area_features, clock_features, part_of
from dittosim.silicon.tools import versions
from golden.files import write_whole
from golden.machine.config import MachineConfig, load_config, make_config

PAGE = Path("docs/sweeps.md")

VARIED: list[dict[str, object]] = [
    {},
    {"beat_elements": 32, "fifo_depth": 8, "rows_in_flight": 2},
    {"lanes": 8, "beat_elements": 32, "encoding": "twos-complement", "fifo_depth": 2},
    {"bus_bytes": 32},
    {
        "columns": 8,
        "bus_bytes": 8,
        "burst_words": 64,
        "outstanding_reads": 4,
        "outstanding_writes": 4,
    },
    {"vector_bits": 32},
    {"tiles_m": 2, "tiles_n": 2, "columns": 32},
    {
        "weight_depth": 2048,
        "accumulator_depth": 2048,
        "input_beats": 8192,
        "previous_words": 8192,
        "vector_words": 4096,
        "vector_channels": 4096,
    },
    {
        "lanes": 2,
        "beat_elements": 8,
        "weight_depth": 128,
        "accumulator_depth": 64,
        "input_beats": 512,
    },
    {"beat_elements": 8, "rows_in_flight": 2, "encoding": "twos-complement", "tiles_n": 2},
    {"tile": "bit-width"},
    {"tile": "sparsity", "lanes": 8, "columns": 8, "beat_elements": 32},
    {"tile": "dense"},
    {"tile": "dense", "lanes": 8, "columns": 24},
    {"tile": "dense", "lanes": 2, "columns": 8, "beat_elements": 8, "tiles_m": 2},
]
"""Fields in which machines differ from ``small``"""

Features = Callable[[Part, MachineConfig], Mapping[str, float]]
Target = Callable[[MappedMachine, Part], float]


def machines() -> list[MachineConfig]:
    """Those that are mapped."""
    small = load_config("small").model_dump()
    return [make_config({**small, **fields}, "varied") for fields in VARIED] + [load_config("tiny")]


def area_um2(machine: MappedMachine, part: Part) -> float:
    """Logic of a part."""
    return sum(
        count * machine.modules[name].um2
        for name, count in machine.design.instances.items()
        if part_of(name) is part
    )


def clock_ns(machine: MappedMachine, part: Part) -> float:
    """The slowest module of a part."""
    return max(each.ns for name, each in machine.modules.items() if part_of(name) is part)


def leakage_uw(machine: MappedMachine) -> float:
    """Of all logic."""
    return sum(
        count * machine.modules[name].leakage_uw for name, count in machine.design.instances.items()
    )


def fitted(
    mapped: Sequence[MappedMachine], part: Part, features: Features, target: Target
) -> dict[str, float]:
    """Coefficients, none negative; relative errors count, so small machines matter as large."""
    rows = [features(part, one.config) for one in mapped]
    wanted = np.array([target(one, part) for one in mapped])
    matrix = np.array([list(row.values()) for row in rows], float) / wanted[:, None]
    scale = matrix.max(axis=0)
    scale[scale == 0] = 1
    found, _ = nnls(matrix / scale, np.ones(len(mapped)))
    return {
        name: float(f"{each:.5g}")
        for name, each in zip(rows[0], found / scale, strict=True)
        if each
    }


def fit(mapped: Sequence[MappedMachine], title: str, source: str) -> FittedSilicon:
    """All parts."""
    return FittedSilicon(
        title=title,
        source=source,
        parts={
            part: FittedPart(
                area_um2=fitted(mapped, part, area_features, area_um2),
                clock_ns=fitted(mapped, part, clock_features, clock_ns),
            )
            for part in Part
        },
    )


def errors(mapped: Sequence[MappedMachine], found: FittedSilicon) -> Iterator[list[str]]:
    """The whole fit, and a fit without the machine, against each machine; a row each."""
    for number, one in enumerate(mapped):
        others = fit([*mapped[:number], *mapped[number + 1 :]], "", "")
        fits = (found, others)
        logic = sum(area_um2(one, part) for part in Part)
        clock = max(clock_ns(one, part) for part in Part)
        yield [
            _name(one.config),
            *(
                _percent(area_um2(one, part), *(each.area_um2(part, one.config) for each in fits))
                for part in Part
            ),
            _percent(logic, *(each.logic_um2(one.config) for each in fits)),
            f"{clock:.2f}",
            _percent(clock, *(each.clock_ns(one.config) for each in fits)),
            f"{100 * (_grown(mapped[0], one, found.logic_um2) - 1):+.1f}",
        ]


def _grown(
    first: MappedMachine, one: MappedMachine, area: Callable[[MachineConfig], float]
) -> float:
    """How its leakage, taken from that of the first machine by their areas, is to what it has."""
    return area(one.config) / area(first.config) * leakage_uw(first) / leakage_uw(one)


def _percent(measured: float, *fits: float) -> str:
    whole, without = (100 * (each / measured - 1) for each in fits)
    return f"{whole:+.1f} ({without:+.1f})"


def _name(config: MachineConfig) -> str:
    for name in ("small", "tiny"):
        if config == load_config(name):
            return name
    small = load_config("small").model_dump(mode="json")
    return ", ".join(
        f"{field} {value}"
        for field, value in config.model_dump(mode="json").items()
        if value != small[field]
    )


def text(found: FittedSilicon) -> str:
    """As TOML."""
    lines = ["# Area and clock of logic, fitted to mapped machines by python -m bench.area."]
    lines += [f'title = "{found.title}"', f'source = "{found.source}"']
    for part, each in found.parts.items():
        lines += ["", f'[parts."{part}"]']
        for name in ("area_um2", "clock_ns"):
            pairs = (f"{key} = {value:g}" for key, value in getattr(each, name).items())
            lines.append(f"{name} = {{ {', '.join(pairs)} }}")
    return "\n".join([*lines, ""])


def page(mapped: Sequence[MappedMachine], found: FittedSilicon) -> str:
    """What the page says of it."""
    heads = ["machine", *Part, "all logic", "clock, ns", "clock", "leakage scaled from the first"]
    rows = [heads, ["---"] * len(heads), *errors(mapped, found)]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return (
        f"\n{found.title}; {found.source}. Errors in %; in brackets those of a fit to all other "
        f"machines.\n\n{table}"
    )


def main() -> None:
    """Maps, fits and writes."""
    with marked(PAGE, "bench.area", sys.argv[1:]) as add:
        liberty = Path(sys.argv[1])
        mapped = mapped_machines(machines(), liberty, Aim.SPEED)
        library = parse_liberty(read_liberty_text(liberty), liberty)
        tools = ", ".join(versions().values())
        found = fit(
            mapped,
            f"{library.name}, mapped for speed",
            f"python -m bench.area {liberty.name}; {len(mapped)} machines; {tools}",
        )
        write_whole(Path("dittosim/silicon", FILE), text(found))
        add(page(mapped, found))


if __name__ == "__main__":
    main()
