"""Cycles, bytes and energy of whole sampling runs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dittosim.api.choices import chosen, each_chosen
from dittosim.api.workloads import Source, load_workload
from dittosim.energy.cost import EnergyModel
from dittosim.energy.dram import Dram
from dittosim.energy.model import energy_model
from dittosim.flows import FlowName, machine_flow
from dittosim.machines import Config, config_name, machine_of
from dittosim.results import Result
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.wording import number_of
from golden.workload.run import Run

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dittosim.cycles.steps import Runs
    from dittosim.drawing import Figure
    from golden.step.program import StepProgram

FLOWS = (FlowName.ORIGINAL, FlowName.TEMPORAL, FlowName.DEFO)
"""That are compared if none is asked for"""
NO_ENERGY = "--clock and --dram are of --energy: name its table, or leave them out"


@dataclass(frozen=True, eq=False)
class Simulation(Result):
    """What the steps of a sampling run cost on a machine, flow by flow."""

    run: Run
    """The workload, its steps, images and seed"""
    config: MachineConfig
    config_name: str
    programs: "dict[FlowName, StepProgram]"
    """What each flow ran"""
    runs: "Runs"
    """Counts of every node of every step, by flow"""
    energy_model: EnergyModel | None = None
    """What turned counts into energy, if it was asked for"""

    @property
    def cycles(self) -> dict[str, int]:
        """Of all steps and images, by flow."""
        return {flow.value: run.total.cycles for flow, run in self.runs.items()}

    @property
    def moved_bytes(self) -> dict[str, int]:
        """From memory and to it, all steps and images, by flow."""
        from dittosim.programs.cost import moved_bytes

        return {flow.value: moved_bytes(run.total) for flow, run in self.runs.items()}

    @property
    def speedup(self) -> dict[str, float]:
        """How many times as fast as the first flow each is."""
        first, *_ = self.cycles.values()
        return {flow: first / cycles for flow, cycles in self.cycles.items()}

    @property
    def energy_uj(self) -> dict[str, float]:
        """Microjoules of all steps and images, by flow; DittosimError without energies."""
        model = self._energies()
        return {
            flow.value: sum(model.by_component(run.total, run.array(), run.dram).values()) / 1e6
            for flow, run in self.runs.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """All figures of ``dittosim simulate --json``: cycles, bytes, energies in pJ."""
        from dittosim.cycles.energy import energy_figures
        from dittosim.cycles.steps import figures

        found = figures(self.run, self.config, self.runs, self.programs)
        if self.energy_model:
            found["energy"] = energy_figures(self.runs, self.energy_model)
        return found

    def records(self) -> list[dict[str, Any]]:
        """A row for each flow, step and node: ``mode``, cycles by cause, bytes by kind.

        ``mode`` is what the machine chose, None where it had no choice. All nodes of a step have
        the step's cycles together, but for the last one of its queue. ``energy_uj`` is a column
        where energies were asked for, without what DRAM takes beside a node's bytes.
        """
        return list(self._records())

    def _records(self) -> Iterator[dict[str, Any]]:
        from golden.accelerator.counters import CAUSES, KINDS

        for flow, run in self.runs.items():
            for step in range(len(run.steps)):
                for node in run.names():
                    counters = run.node(node, step)
                    mode = run.modes[step].get(node)
                    row = {
                        "flow": flow.value,
                        "step": step,
                        "node": node,
                        "mode": mode.value if mode else None,
                        "cycles": counters.cycles,
                        **{
                            f"cycles_{cause}": getattr(counters, f"cycles_{cause}")
                            for cause in CAUSES
                        },
                        **{f"bytes_{kind}": counters.memory_bytes(kind) for kind in KINDS},
                    }
                    if self.energy_model:
                        found = self.energy_model.by_component(
                            counters, run.array(node, step), None
                        )
                        row["energy_uj"] = sum(found.values()) / 1e6
                    yield row

    def tables(self) -> "Sequence[RenderableType]":
        """Totals, nodes, steps, DRAM, shares by cause and kind, loading, energies."""
        from dittosim.console import Line
        from dittosim.cycles import steps as whole
        from dittosim.cycles.energy import energy_tables, term_sources

        run, runs = self.run, self.runs
        of = f"{run.images} images" if run.images > 1 else "one image"
        title = f"{run.workload.name} on {self.config_name}: {of} in {number_of(run.steps, 'step')}"
        found: list[RenderableType] = [
            whole.total_table(title, runs),
            whole.node_table(run.workload, runs),
            whole.step_table(runs),
        ]
        if self.config.dram:
            found.append(whole.dram_table(runs, self.config.dram))
        found += whole.share_tables(runs)
        found += map(Line, whole.loading_lines(self.programs))
        if model := self.energy_model:
            found.append(
                f"Energies of '{model.table.title}' at {model.clock_ns:.3f} ns, "
                f"{model.dram.said}; no wires, no clock tree, no glitches."
            )
            found += [*energy_tables(run.workload, runs, model), *term_sources(runs, model)]
        return found

    def plot(self) -> "Figure":
        """Thousands of cycles per step and millions per node, of each flow."""
        from dittosim.cycles.picture import run_figure

        title = f"{self.run.workload.name} on {self.config_name}"
        return run_figure(self.runs, self.run.workload, title)

    def _energies(self) -> EnergyModel:
        if self.energy_model is None:
            raise DittosimError("no energies were asked for: simulate(..., energy='small45')")
        return self.energy_model


def simulate(
    workload: Source,
    config: Config = "small",
    flows: str | Iterable[str] = FLOWS,
    *,
    steps: int | None = None,
    images: int = 1,
    seed: int = 0,
    energy: str | Path | None = None,
    clock_ns: float | None = None,
    dram: str | None = None,
) -> Simulation:
    """Counts the cycles and bytes of a sampling run: whole steps on the machine, exactly.

    Args:
        workload: A shipped workload's name, a folder, or a loaded one.
        config: A preset, a TOML file, or a configuration.
        flows: Execution flows: ``original``, ``temporal``, ``spatial``, ``defo``, ``defo+``,
            ``raw-attention``.
        steps: Denoising steps; the workload's own if None.
        images: Images sampled, one after the other.
        seed: Of the noise.
        energy: A table of energies, ``small45`` or a file that ``dittosim energy`` wrote.
        clock_ns: With ``energy``, nanoseconds of a cycle, for leakage; if None that of the DRAM
            that the machine is on, or the table's.
        dram: With ``energy``, memory outside the machine: ``lpddr4``, ``ddr3``, ``ddr4-2400``,
            ``ddr4-3200``, ``hbm2``, ``hbm3``; the machine's own if None, or ``lpddr4``.

    Raises DittosimError where the machine does not run the workload, and says what would do.
    """
    names = each_chosen(FlowName, flows, "flow")
    for flow in names:
        machine_flow(flow)
    machine = machine_of(config)
    model = None
    if energy is not None:
        kind = chosen(Dram, dram, "kind of DRAM") if dram else None
        model = energy_model(energy, machine, clock_ns, kind)
    elif clock_ns or dram:
        raise DittosimError(NO_ENERGY)
    run = Run.of(load_workload(workload), steps, images=images, seed=seed)
    # Only here: what is refused does without programs.
    from dittosim.cycles.steps import programs_of, simulate_with_progress

    programs = programs_of(run, machine, names)
    runs = simulate_with_progress(run, programs, events=model is not None)
    return Simulation(run, machine, config_name(config), programs, runs, model)
