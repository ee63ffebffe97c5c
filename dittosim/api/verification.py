"""The emitted Verilog against golden (values) and sim (cycles): differences must be zero."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dittosim.api.choices import chosen, each_chosen
from dittosim.flows import FlowName
from dittosim.machines import Config
from dittosim.verification.verification import UnfinishedError, Verification
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig

if TYPE_CHECKING:
    from dittosim.verification.checks import Options

__all__ = [
    "UnfinishedError",
    "Verification",
    "verify",
    "verify_layers",
    "verify_sampling",
    "verify_workloads",
]

Names = str | Path | Sequence[str | Path]
"""One, or several"""
Configs = Config | Sequence[Config]
"""One machine, or several"""


def verify(
    *benches: str,
    config: Config = "small",
    simulator: str = "verilator",
    seed: int = 0,
    jobs: int = 1,
    waves: str | os.PathLike[str] | None = None,
    force: bool = False,
) -> Verification:
    """Runs benches on random stimulus, without stalls and, where they can, with.

    Args:
        benches: By name, as ``dittosim verify --help`` lists them; all if none is named.
        config: A preset, a TOML file, or a configuration.
        simulator: ``verilator`` or ``icarus``.
        seed: Of the stimulus.
        jobs: Benches run at once, each in a process.
        waves: A folder for waveforms and logs; none are kept if None.
        force: Replace waveforms that are there.

    Raises DittosimError if there is no such bench, if it cannot run on the machine, if a simulator
    or compiler is missing, and if a bench does not come to its end.
    """
    from dittosim.verification.benches import verify_benches

    folder = None if waves is None else Path(waves)
    options = _options(simulator, seed, jobs)
    return verify_benches(benches, config, options, waves=folder, force=force)


def verify_layers(
    layers: Names,
    config: Configs = "small",
    modes: str | Iterable[str] = Mode.TEMPORAL,
    *,
    simulator: str = "verilator",
    seed: int = 0,
    jobs: int = 1,
) -> Verification:
    """Runs layers of any shape on the accelerator, on random activations.

    Args:
        layers: Convolutions of stride 1: input channels, output channels, kernel, height x width,
            such as ``"40,100,3,8x8"``. One, or several.
        config: A machine, or several.
        modes: ``act``, ``temporal``, ``spatial``.
        simulator: ``verilator`` or ``icarus``.
        seed: Of the activations.
        jobs: Layers run at once, each in a process.

    Raises DittosimError as :func:`verify` does.
    """
    from dittosim.verification import layers as checks

    names = each_chosen(Mode, modes, "mode")
    options = _options(simulator, seed, jobs)
    return checks.verify_layers(_texts(layers), _machines(config), names, options)


def verify_workloads(
    workloads: Names,
    config: Configs = "small",
    *,
    step: int = 1,
    steps: int | None = None,
    simulator: str = "verilator",
    seed: int = 0,
    jobs: int = 1,
) -> Verification:
    """Runs all layers of workloads on the accelerator, in all modes, at one step of a run.

    Args:
        workloads: By name or folder. One, or several.
        config: A machine, or several.
        step: The denoising step; the first is 0.
        steps: Of the run; the workload's own if None.
        simulator: ``verilator`` or ``icarus``.
        seed: Of the run's noise.
        jobs: Modes run at once, each in a process.

    Raises DittosimError as :func:`verify` does.
    """
    from dittosim.verification import workloads as checks

    options = _options(simulator, seed, jobs)
    return checks.verify_workloads(_texts(workloads), _machines(config), step, steps, options)


def verify_sampling(
    workloads: Names,
    config: Configs = "small",
    flows: str | Iterable[str] = FlowName.TEMPORAL,
    *,
    steps: int | None = None,
    until: int | None = None,
    energy: str | Path | None = None,
    simulator: str = "verilator",
    seed: int = 0,
    jobs: int = 1,
) -> Verification:
    """Runs whole steps of workloads: the image, all bytes of memory and all counters.

    Args:
        workloads: By name or folder. One, or several.
        config: A machine, or several.
        flows: Execution flows, as :func:`dittosim.api.simulation.simulate` takes them.
        steps: Of the run; the workload's own if None.
        until: The last step that is run, from 0; all of them if None.
        energy: A table of energies: what takes energy is counted in the Verilog, too.
        simulator: ``verilator`` or ``icarus``.
        seed: Of the run's noise.
        jobs: Runs at once, each in a process.

    Raises DittosimError as :func:`verify` does.
    """
    from dittosim.verification import sampling as checks

    names = each_chosen(FlowName, flows, "flow")
    table = None if energy is None else str(energy)
    options = _options(simulator, seed, jobs)
    return checks.verify_sampling(
        _texts(workloads), _machines(config), names, steps, until, options, table
    )


def _options(simulator: str, seed: int, jobs: int) -> "Options":
    from dittosim.verification.checks import Options
    from tb.harness.simulators import Simulator

    return Options(chosen(Simulator, simulator, "simulator"), seed, jobs)


def _texts(names: Names) -> list[str]:
    given = [names] if isinstance(names, str | Path) else names
    return list(map(str, given))


def _machines(configs: Configs) -> list[Config]:
    return [configs] if isinstance(configs, str | Path | MachineConfig) else list(configs)
