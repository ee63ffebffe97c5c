"""Cycles of ``digits-unet``'s temporal run over the bound of slots / lanes, against area."""

from joblib import Parallel, delayed
from rich.table import Table

from dittosim.silicon.fitted import load_fitted
from golden.difference.matmul import Mode
from golden.formats.encoding import Encoding
from golden.machine.config import MachineConfig, load_config
from golden.workload.workload import load_workload
from sim.run.layer import LayerCycles
from sim.run.simulation import Simulation, simulate

SHAPES = [
    MachineConfig(beat_elements=elements, fifo_depth=depth)
    for elements in (8, 16, 32)
    for depth in (2, 4, 8)
] + [
    MachineConfig(rows_in_flight=2),
    MachineConfig(beat_elements=32, rows_in_flight=2),
    MachineConfig(encoding=Encoding.TWOS_COMPLEMENT),
    MachineConfig(lanes=2),
    MachineConfig(lanes=8, beat_elements=32),
]


def _run(config: MachineConfig) -> Simulation:
    simulation = Simulation(config, [Mode.TEMPORAL], threads=1)
    simulate(load_workload("digits-unet"), simulation)
    return simulation


def by_shape() -> Table:
    """Tile shapes: cycles of one image's 50 steps, and area of one tile without memories."""
    table = Table(title="tile shapes, digits-unet, 50 temporal steps")
    for column in (
        "lanes",
        "elements per beat",
        "FIFO depth",
        "rows in flight",
        "encoding",
        "Mcycles",
        "/bound",
        "area, mm2",
        "Mcycles x mm2",
    ):
        table.add_column(column, justify="right")
    runs = Parallel(n_jobs=-1)(delayed(_run)(config) for config in SHAPES)
    for config, simulation in zip(SHAPES, runs, strict=True):
        total, area = simulation.total(Mode.TEMPORAL), load_fitted().tile_um2(config) / 1e6
        table.add_row(
            str(config.lanes),
            str(config.beat_elements),
            str(config.fifo_depth),
            str(config.rows_in_flight),
            config.encoding.value,
            f"{total.cycles / 1e6:.2f}",
            f"{total.cycles / total.bound:.3f}",
            f"{area:.4f}",
            f"{total.cycles / 1e6 * area:.3f}",
            style="bold" if config == MachineConfig() else "",
        )
    return table


def by_layer() -> Table:
    """The default tile, layer by layer, with the causes of its cycles."""
    simulation = _run(load_config("small"))
    causes = ("lane", "imbalance", "encoder", "row_end", "fill_drain")
    table = Table(
        "layer", title="preset small, 50 temporal steps: cycles over bound, and causes in %"
    )
    for column in ("Mcycles", "/bound", *causes):
        table.add_column(column, justify="right")

    def add(name: str, total: LayerCycles) -> None:
        shares = (f"{100 * total.causes[cause] / total.cycles:.1f}" for cause in causes)
        over = f"{total.cycles / total.bound:.3f}"
        table.add_row(name, f"{total.cycles / 1e6:.3f}", over, *shares)

    for layer in simulation.layers():
        add(layer, simulation.layer_total(Mode.TEMPORAL, layer))
    table.add_section()
    add("all", simulation.total(Mode.TEMPORAL))
    return table
