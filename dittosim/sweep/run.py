"""What comes of a machine: the tiles alone, or whole steps with silicon and energy."""

from pathlib import Path

from dittosim.energy.cost import EnergyModel
from dittosim.energy.dram import default_dram
from dittosim.energy.scaling import scaled
from dittosim.energy.table import load_energies
from dittosim.flows import MODES, machine_flow
from dittosim.points import write_point
from dittosim.programs.cost import moved_bytes
from dittosim.programs.steps import planned_program
from dittosim.silicon.fitted import load_fitted, memories_um2
from dittosim.silicon.memories import load_memories
from dittosim.sweep.point import MachineFigures, SweepPoint, TileFigures
from dittosim.sweep.space import Scope, Space
from golden.accelerator.counters import CAUSES
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.step.program import StepProgram
from golden.workload.workload import load_workload
from sim.run.simulation import Simulation, simulate
from sim.run.whole_run import whole_runs


def run_point(space: Space, machine: MachineConfig, path: Path) -> None:
    """Simulates one machine and writes its figures to ``path``, all of them or none.

    A machine that does not run the workload has the reason instead.
    """
    figures: MachineFigures | TileFigures | None = None
    refused: str | None = None
    if space.scope is Scope.TILES:
        figures = tile_figures(space, machine)
    else:
        try:
            program = _program(space, machine)
        except DittosimError as error:
            refused = str(error)
        else:
            figures = machine_figures(space, program)
    point = SweepPoint(
        key=machine.digest(),
        machine=machine,
        workload=space.workload,
        flow=space.flow,
        steps=load_workload(space.workload).steps(space.steps),
        images=space.images,
        seed=space.seed,
        figures=figures,
        refused=refused,
    )
    write_point(path, point)


def tile_figures(space: Space, machine: MachineConfig) -> TileFigures:
    """Cycles of the tiles alone, and the area of their logic."""
    mode = MODES[space.flow]
    simulation = Simulation(machine, [mode], threads=1)
    simulate(
        load_workload(space.workload),
        simulation,
        steps=space.steps,
        images=space.images,
        seed=space.seed,
        keep=True,
    )
    total = simulation.total(mode)
    return TileFigures(
        cycles=total.cycles,
        bound=total.bound,
        dense=total.dense,
        causes=dict(total.causes),
        area_um2=load_fitted().tile_um2(machine),
    )


def machine_figures(space: Space, program: StepProgram) -> MachineFigures:
    """Cycles of whole steps; clock, area and energy as they are fitted and scaled."""
    machine, silicon, memories = program.config, load_fitted(), load_memories(None)
    run = whole_runs(
        {space.flow: program},
        load_workload(space.workload),
        steps=space.steps,
        images=space.images,
        seed=space.seed,
        events=True,
    )[space.flow]
    table = scaled(load_energies(space.energies(machine)), machine, silicon, memories)
    clock_ns = silicon.clock_ns(machine)
    model = EnergyModel(table, machine, clock_ns, space.dram or default_dram(machine))
    return MachineFigures(
        cycles=run.total.cycles,
        causes={cause: getattr(run.total, f"cycles_{cause}") for cause in CAUSES},
        moved_bytes=moved_bytes(run.total),
        clock_ns=clock_ns,
        logic_um2=silicon.logic_um2(machine),
        memories_um2=memories_um2(machine, memories),
        energy_pj=model.by_part(run.total, run.array()),
    )


def _program(space: Space, machine: MachineConfig) -> StepProgram:
    """DittosimError if the machine does not run the workload."""
    return planned_program(
        load_workload(space.workload),
        machine,
        machine_flow(space.flow),
        steps=space.steps,
        seed=space.seed,
    )
