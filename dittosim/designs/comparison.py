"""Runs designs on a workload: cycles of their programs, and what those take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dittosim.designs.design import Design
from dittosim.designs.equal_area import Sized, tiles_um2
from dittosim.designs.memory import Memory
from dittosim.energy.clock import cycle_ns
from dittosim.energy.cost import EnergyModel
from dittosim.energy.dram import Dram
from dittosim.energy.dram_figures import dram_energy
from dittosim.energy.scaling import scaled
from dittosim.energy.table import EnergyTable, load_energies, shipped_for
from dittosim.flows import machine_flow
from dittosim.machines import machine_row
from dittosim.programs.cost import moved_bytes
from dittosim.programs.steps import planned_program
from dittosim.silicon.fitted import FittedSilicon, load_fitted, memories_um2
from dittosim.silicon.memories import load_memories
from dittosim.silicon.parts import Part, part_of
from golden.accelerator.counters import CAUSES, KINDS, Counters
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.step.machine_fit import pixel_unit
from golden.step.program import StepProgram
from golden.workload.run import Run
from golden.workload.workload import load_workload
from sim.designs.cambricon_d import CambriconD
from sim.run.whole_run import WholeRun, whole_runs


@dataclass(frozen=True)
class Job:
    """Designs on a workload, on one memory."""

    workload: str
    designs: Sequence[tuple[Design, Sized]]
    memory: Memory
    steps: int
    images: int
    seed: int
    dram: Dram | None
    """Whose energy memory takes, if it is not its own"""


@dataclass(frozen=True)
class Figures:
    """What a design takes for a run."""

    design: Design
    machine: MachineConfig
    memory: Memory
    counters: Counters
    tiles_um2: float
    """Logic of all tiles"""
    logic_um2: float
    memories_um2: float
    clock_ns: float
    could_be_busy: float
    """See :class:`dittosim.designs.equal_area.Sized`"""
    slots: int
    """Of all lanes of all tiles"""
    energy_pj: Mapping[str, float]
    """By part of the machine"""
    energy_of_dram: Dram
    """Of which kind of memory that of DRAM is"""
    outliers: Mapping[str, int]
    """Of a model that counts them"""

    @property
    def moved_bytes(self) -> int:
        """Over the bus."""
        return moved_bytes(self.counters)

    @property
    def energy_uj(self) -> float:
        """Of all parts."""
        return sum(self.energy_pj.values()) / 1e6

    @property
    def slots_busy(self) -> float:
        """Share of lane cycles of the whole run that have a slot."""
        m = self.machine
        return self.slots / (self.counters.cycles * m.lanes * m.tiles_m * m.tiles_n)

    def row(self) -> dict[str, Any]:
        """For files."""
        cycles = {f"cycles_{cause}": getattr(self.counters, f"cycles_{cause}") for cause in CAUSES}
        kinds = {f"bytes_{kind}": self.counters.memory_bytes(kind) for kind in KINDS}
        return {
            "design": self.design.name,
            "flow": self.design.flow.value,
            "memory": self.memory.name,
            "bytes_per_cycle": self.memory.bandwidth,
            **machine_row(self.machine),
            "multipliers": self.machine.multipliers,
            "multipliers_in_paper": self.design.multipliers_in_paper,
            "cycles": self.counters.cycles,
            **cycles,
            "moved_bytes": self.moved_bytes,
            **kinds,
            "tiles_um2": self.tiles_um2,
            "logic_um2": self.logic_um2,
            "memories_um2": self.memories_um2,
            "clock_ns": self.clock_ns,
            "could_be_busy": self.could_be_busy,
            "slots_busy": self.slots_busy,
            "energy_uj": self.energy_uj,
            "energy_of_dram": self.energy_of_dram.value,
            **{f"energy_uj_{part}": each / 1e6 for part, each in self.energy_pj.items()},
            **self.outliers,
        }


def compared(job: Job) -> list[Figures]:
    """The figures of all designs; DittosimError names one that does not run the workload."""
    run = Run.of(load_workload(job.workload), job.steps, images=job.images, seed=job.seed)
    machines = {design.name: job.memory.of(sized.config) for design, sized in job.designs}
    programs: dict[int, dict[str, StepProgram]] = {}
    for design, _ in job.designs:
        machine = machines[design.name]
        try:
            program = planned_program(
                run.workload, machine, machine_flow(design.flow), steps=run.steps, seed=run.seed
            )
        except DittosimError as error:
            raise DittosimError(f"design {design.name}: {error}") from error
        # Those that lay out tensors alike run beside each other.
        programs.setdefault(pixel_unit(machine), {})[design.name] = program
    models = {design.name: design.model.make() for design, _ in job.designs if design.model}
    runs: dict[str, WholeRun] = {}
    for alike in programs.values():
        runs |= whole_runs(
            alike,
            run.workload,
            steps=run.steps,
            images=run.images,
            seed=run.seed,
            events=True,
            models=models,
        )
    return [
        _figures(design, sized, machines[design.name], runs[design.name], models, job)
        for design, sized in job.designs
    ]


def _figures(
    design: Design,
    sized: Sized,
    machine: MachineConfig,
    run: WholeRun,
    models: Mapping[str, Any],
    job: Job,
) -> Figures:
    silicon, memories = load_fitted(), load_memories(None)
    table = scaled(load_energies(shipped_for(machine)), machine, silicon, memories)
    own = tiles_um2(design, machine, silicon) - silicon.tile_um2(machine)
    clock_ns = cycle_ns(machine, silicon.clock_ns(machine))
    dram = dram_energy(machine, job.dram)
    energy = EnergyModel(_own_columns(design, table, silicon), machine, clock_ns, dram)
    model = models.get(design.name)
    outliers = {}
    if isinstance(model, CambriconD):
        outliers = {name: getattr(model, name) for name in ("elements", "outliers", "clipped")}
    return Figures(
        design,
        machine,
        job.memory,
        run.total,
        sized.tiles_um2,
        silicon.logic_um2(machine) + own,
        memories_um2(machine, memories),
        clock_ns,
        sized.busy,
        sum(events.slots for events in run.array().values()),
        energy.by_part(run.total, run.array(), run.dram),
        dram.kind,
        outliers,
    )


def _own_columns(design: Design, table: EnergyTable, silicon: FittedSilicon) -> EnergyTable:
    """The logic of columns by its area, where a design has multipliers of its own."""
    machine = table.machine
    own = tiles_um2(design, machine, silicon) - silicon.tile_um2(machine)
    factor = 1 + own / silicon.area_um2(Part.COLUMNS, machine)
    if factor == 1:
        return table
    modules = [
        module.model_copy(
            update={
                "idle_pj": module.idle_pj * factor,
                "event_pj": {name: each * factor for name, each in module.event_pj.items()},
            }
        )
        if part_of(module.name) is Part.COLUMNS and not module.macros
        else module
        for module in table.modules
    ]
    return table.model_copy(update={"modules": tuple(modules)})
