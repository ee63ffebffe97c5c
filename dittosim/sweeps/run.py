"""What comes of points: figures of the tiles alone, or of whole steps with silicon and energy.

What all points of a workload share, its activations above all, is made once (:class:`Shared`) and
goes wherever points are computed.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from dittosim.energy.clock import cycle_ns
from dittosim.energy.cost import EnergyModel
from dittosim.energy.dram import Dram
from dittosim.energy.dram_figures import dram_energy
from dittosim.energy.scaling import scaled
from dittosim.energy.table import EnergyTable, shipped_for
from dittosim.flows import MODES, machine_flow
from dittosim.programs.cost import moved_bytes
from dittosim.programs.steps import planned_program
from dittosim.silicon.fitted import load_fitted, memories_um2
from dittosim.silicon.memories import load_memories
from dittosim.sweeps.figures import MachineFigures, Scope, TileFigures
from dittosim.sweeps.lattice import Candidate
from golden.accelerator.counters import CAUSES
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.step.program import StepProgram
from golden.wording import number_of
from golden.workload.run import Run
from sim.run.activations import Activations
from sim.run.layer import LayerCycles
from sim.run.simulation import Simulation, simulate
from sim.run.tile_runs import TileRuns
from sim.run.whole_run import whole_runs

_log = logging.getLogger(__name__)

VERSION = version("dittosim")
Answer = MachineFigures | TileFigures | str
"""Figures, or why a machine does not run the workload"""

_one_at_a_time = threading.Lock()
"""Workers may have several threads, and machines share what is kept between them"""


@dataclass(frozen=True)
class Work:
    """What the points of a workload are computed from, beside the machine and the flow."""

    run: Run
    scope: Scope
    tables: Mapping[str, EnergyTable]
    """Of energies, by name"""
    energy: str | None
    """The name of the table for all machines; the one that is shipped for its tiles if None"""
    dram: Dram | None
    version: str = VERSION
    """Of whoever asks"""


@dataclass
class Shared:
    """The same with the activations; pickled, without what is made of them."""

    work: Work
    activations: Activations | None
    """None if they are too many to keep: each point samples anew"""
    _tiles: dict[Mode, TileRuns] = field(default_factory=dict)

    def __reduce__(self) -> tuple[object, ...]:
        return Shared, (self.work, self.activations)

    @classmethod
    def of(cls, work: Work) -> "Shared":
        """Samples the workload. DittosimError where another version is installed."""
        if work.version != VERSION:
            raise DittosimError(
                f"a worker has dittosim {VERSION}, the sweep is of {work.version}: install that "
                "version where the workers run"
            )
        steps = number_of(work.run.steps, "step")
        _log.info("samples %s, %s", work.run.workload.name, steps)
        return cls(work, Activations.of(work.run, one_by_one=work.scope is Scope.STEPS))

    def tiles(self, machine: MachineConfig, mode: Mode) -> LayerCycles:
        """Cycles of the tiles alone."""
        if self.activations:
            runs = self._tiles.setdefault(mode, TileRuns(self.activations, mode))
            return runs.cycles(machine)
        run, simulation = self.work.run, Simulation(machine, [mode], threads=1)
        simulate(run.workload, simulation, steps=run.steps, images=run.images, seed=run.seed)
        return simulation.total(mode)


def answers(shared: Shared, candidates: Sequence[Candidate]) -> list[Answer]:
    """What comes of each candidate. DittosimError where another version is installed."""
    if shared.work.version != VERSION:
        shared = Shared.of(shared.work)  # says so
    with _one_at_a_time:
        name = shared.work.run.workload.name
        _log.info("%s: %d machines in flow %s", name, len(candidates), candidates[0].flow)
        return [_answer(shared, candidate) for candidate in candidates]


def _answer(shared: Shared, candidate: Candidate) -> Answer:
    if shared.work.scope is Scope.TILES:
        return _tile_figures(shared, candidate)
    run = shared.work.run
    try:
        program = planned_program(
            run.workload,
            candidate.machine,
            machine_flow(candidate.flow),
            steps=run.steps,
            seed=run.seed,
            activations=shared.activations,
        )
        model = _energy_model(shared.work, candidate.machine)
    except DittosimError as error:
        return str(error)
    return _machine_figures(shared, program, model)


def _tile_figures(shared: Shared, candidate: Candidate) -> TileFigures:
    """Cycles of the tiles alone, and the area of their logic."""
    total = shared.tiles(candidate.machine, MODES[candidate.flow])
    return TileFigures(
        cycles=total.cycles,
        bound=total.bound,
        dense=total.dense,
        causes=dict(total.causes),
        area_um2=load_fitted().tile_um2(candidate.machine),
    )


def _energy_model(work: Work, machine: MachineConfig) -> EnergyModel:
    """Fitted and scaled; DittosimError where the machine or its memory has none."""
    silicon = load_fitted()
    energies = work.tables[work.energy or shipped_for(machine)]
    table = scaled(energies, machine, silicon, load_memories(None))
    clock_ns = cycle_ns(machine, silicon.clock_ns(machine))
    return EnergyModel(table, machine, clock_ns, dram_energy(machine, work.dram))


def _machine_figures(shared: Shared, program: StepProgram, model: EnergyModel) -> MachineFigures:
    """Cycles of whole steps; clock, area and energy as they are fitted and scaled."""
    machine, silicon, memories = program.config, load_fitted(), load_memories(None)
    run = shared.work.run
    found = whole_runs(
        {"": program},
        run.workload,
        steps=run.steps,
        images=run.images,
        seed=run.seed,
        events=True,
        activations=shared.activations,
    )[""]
    return MachineFigures(
        cycles=found.total.cycles,
        causes={cause: getattr(found.total, f"cycles_{cause}") for cause in CAUSES},
        moved_bytes=moved_bytes(found.total),
        clock_ns=model.clock_ns,
        logic_um2=silicon.logic_um2(machine),
        memories_um2=memories_um2(machine, memories),
        energy_pj=model.by_part(found.total, found.array(), found.dram),
    )


def columns_of(answer: Answer) -> dict[str, Any]:
    """Of a row of the results."""
    return {"refused": answer} if isinstance(answer, str) else answer.columns()
