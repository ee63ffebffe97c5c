"""Layers of given shapes on the accelerator's Verilog, against golden and sim."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from dittosim.machines import Config
from dittosim.verification.checks import (
    Options,
    Report,
    described,
    machines_of,
    prepare,
    run_checks,
)
from dittosim.verification.findings_table import Row
from dittosim.verification.layer_shapes import parse_layer
from dittosim.verification.verification import Verification
from golden.accelerator.program import LayerRun, Program
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from rtl.emission.emit import Emission, emit
from sim.scheduler.planning import planned
from tb.harness.simulators import Simulator
from tb.harness.task import Findings
from tb.programs import BENCH, programs_on_verilog
from tb.runner import BENCHES
from tb.stimuli.layer_of_shape import layer_of_shape


@dataclass(frozen=True)
class LayerPoint:
    """A layer to check."""

    layer: str
    """As :mod:`dittosim.verification.layer_shapes` has it"""
    config: str
    mode: Mode
    machine: MachineConfig
    seed: int

    def run(self) -> LayerRun:
        """The layer with its first plan, on activations of its seed."""
        rng = np.random.default_rng(self.seed)
        return layer_of_shape(parse_layer(self.layer), self.mode, self.machine, rng)

    def check(self) -> None:
        """DittosimError if the machine or the bench's memory is too small; before any build."""
        size = Program.of([self.run()]).size - self.machine.scratchpad_bytes
        limit = BENCHES[BENCH].memory_words * self.machine.bus_bytes
        if size > limit:
            raise DittosimError(
                f"--layer {self.layer}: takes {size:,} bytes of memory on {self.config}, the bench "
                f"has {limit:,}; give a smaller layer"
            )


def check_layer(point: LayerPoint, emission: Emission, simulator: Simulator) -> Findings:
    """Runs it on the Verilog, memory to memory, with the plan that the simulator finds cheapest."""
    program = Program.of([planned(point.run())])
    return programs_on_verilog([program], point.machine, simulator, point.seed, emission)


def verify_layers(
    layers: Sequence[str], configs: Sequence[Config], modes: Sequence[Mode], options: Options
) -> Verification:
    """Every layer on every machine in every mode."""
    machines = machines_of(configs, BENCH)
    points = [
        LayerPoint(layer, config, mode, machine, options.seed)
        for (config, machine), layer, mode in product(machines.items(), layers, modes)
    ]
    for point in points:
        point.check()
    prepare(machines, options.simulator)
    # Of the paper's machine it takes a while.
    designs = {config: emit(BENCHES[BENCH].top, machine) for config, machine in machines.items()}
    report = Report[LayerPoint, Findings](
        title="layers",
        columns=("layer and mode", "coun-\nters"),
        row=lambda point, found: Row(
            f"{point.layer} {point.mode}", found.cycles_compared, found, section=point.config
        ),
        head=described(machines),
        key="layers",
        listing=lambda point, _: {
            "configuration": point.config,
            "layer": point.layer,
            "mode": point.mode.value,
        },
        speed=True,
    )
    calls = [(check_layer, point, designs[point.config], options.simulator) for point in points]
    return run_checks(points, calls, report, options)
