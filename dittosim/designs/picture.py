"""Designs over a range of bandwidths, as a picture."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.ticker import FormatStrFormatter

from dittosim.designs.comparison import Figures
from dittosim.designs.tables import at, bandwidths
from dittosim.drawing import Figure
from dittosim.plots import save_figure


def plot_designs(found: Sequence[Figures], title: str, path: Path) -> None:
    """Gain over the first design, and energy, against bytes a cycle."""
    widths = bandwidths(found)
    figure = Figure(figsize=(11, 4.6))
    gains, energies = figure.subplots(1, 2)
    first = [at(found, width)[0] for width in widths]
    for number, one in enumerate(at(found, widths[0])):
        line = [at(found, width)[number] for width in widths]
        style = {"marker": "os^vDPX<>*"[number % 10], "label": one.design.name, "lw": 1.4}
        gains.plot(
            widths,
            [f.counters.cycles / x.counters.cycles for f, x in zip(first, line, strict=True)],
            **style,
        )
        energies.plot(
            widths, [x.energy_uj / f.energy_uj for f, x in zip(first, line, strict=True)], **style
        )
    name = found[0].design.name
    for axis, what in (
        (gains, f"cycles of {name} / cycles"),
        (energies, f"energy / energy of {name}"),
    ):
        axis.set_xscale("log", base=2)
        axis.set_xticks(widths)
        axis.xaxis.set_major_formatter(FormatStrFormatter("%g"))
        axis.set(xlabel="bytes a cycle, in each direction", ylabel=what)
        axis.grid(alpha=0.3)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    energies.legend(frameon=False, bbox_to_anchor=(1.02, 1), loc="upper left", fontsize=9)
    figure.tight_layout()
    save_figure(figure, path)
