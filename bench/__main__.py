"""All benchmarks, as tables: ``make bench`` or ``python -m bench``.

Times are compared within one run only; what is reported are ratios.
"""

from rich.console import Console

from bench import (
    accelerator,
    commands,
    dram,
    emission,
    golden,
    planning,
    pruning,
    report,
    shapes,
    simulator,
    sweeps,
)

console = Console(width=100, highlight=False)


def main() -> None:
    """Runs every benchmark."""
    console.print(commands.whole_commands())
    console.print(commands.parts_of_simulate())
    console.print(commands.simulate_over_golden())
    console.print(sweeps.sweeps())
    if report.CHROMIUM:
        console.print(report.reports())
    console.print(simulator.against_verilator())
    console.print(simulator.timing_alone(1, 16))
    for images in (1, 16, 64):
        console.print(simulator.against_numpy(images))
    console.print(golden.against_pytorch(16))
    console.print(golden.peak_memory(16))
    console.print(pruning.one_layer())
    console.print(pruning.large_unet())
    console.print(emission.emission())
    console.print(accelerator.accelerator_emission())
    console.print(accelerator.accelerator_speed())
    console.print(dram.accesses_per_second())
    console.print(dram.whole_runs_on_dram())
    console.print(planning.planning_gains())
    console.print(shapes.by_shape())
    console.print(shapes.by_layer())


if __name__ == "__main__":
    main()
