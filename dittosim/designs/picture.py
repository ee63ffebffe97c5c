"""Designs over a range of memories, as a picture."""

from collections.abc import Sequence
from pathlib import Path

from dittosim.designs.comparison import Figures
from dittosim.designs.memory import Memory
from dittosim.designs.tables import memories, on
from dittosim.drawing import Figure
from dittosim.plots import save_figure


def plot_designs(found: Sequence[Figures], title: str, path: Path) -> None:
    """Gain over the first design, and energy, against bytes a cycle."""
    chosen = memories(found)
    by_memory, on_dram = [on(found, one) for one in chosen], chosen[0].dram is not None
    # Kinds of DRAM differ in more than their bandwidth: they stand side by side.
    places = [-n if on_dram else one.bandwidth for n, one in enumerate(chosen)]
    figure = Figure(figsize=(11, 4.6))
    gains, energies = figure.subplots(1, 2)
    first = [each[0] for each in by_memory]
    for number, one in enumerate(by_memory[0]):
        line = [each[number] for each in by_memory]
        style = {"marker": "os^vDPX<>*"[number % 10], "label": one.design.name, "lw": 1.4}
        gains.plot(
            places,
            [f.counters.cycles / x.counters.cycles for f, x in zip(first, line, strict=True)],
            **style,
        )
        energies.plot(
            places, [x.energy_uj / f.energy_uj for f, x in zip(first, line, strict=True)], **style
        )
    name = found[0].design.name
    for axis, what in (
        (gains, f"cycles of {name} / cycles"),
        (energies, f"energy / energy of {name}"),
    ):
        if not on_dram:
            axis.set_xscale("log", base=2)
        axis.set_xticks(places, [_tick(one) for one in chosen])
        axis.minorticks_off()
        label = "at most, both directions" if on_dram else "in each direction"
        axis.set(xlabel=f"bytes a cycle, {label}", ylabel=what)
        axis.grid(alpha=0.3)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    energies.legend(frameon=False, bbox_to_anchor=(1.02, 1), loc="upper left", fontsize=9)
    figure.tight_layout()
    save_figure(figure, path)


def _tick(memory: Memory) -> str:
    return f"{memory.name}\n{memory.bandwidth:.1f}" if memory.dram else memory.name
