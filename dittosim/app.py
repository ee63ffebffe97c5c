"""The command line: one command per file in :mod:`dittosim.commands`."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import typer

from dittosim import streams, verbose
from dittosim.lazy import LazyCommand, LazyGroup
from golden.errors import DittosimError


class Commands(LazyGroup):
    """All commands, in the order in which help lists them."""

    shared = ("quiet", "verbose")

    lazy: ClassVar[Mapping[str, LazyCommand]] = {
        "generate": LazyCommand(
            "dittosim.commands.generate:generate",
            "Write a module as Verilog, with a JSON manifest of its modules and ports.",
        ),
        "ppa": LazyCommand(
            "dittosim.commands.ppa:ppa",
            "Map a module's Verilog to standard cells: its area, clock and power.",
        ),
        "energy": LazyCommand(
            "dittosim.commands.energy:energy",
            "Measure the energy of each module of a machine, at rest and for each slot, beat, row, "
            "word.",
        ),
        "fpga": LazyCommand(
            "dittosim.commands.fpga:fpga",
            "Place and route a machine on an ECP5: what it takes, its clock, a bitstream.",
        ),
        "verify": LazyCommand(
            "dittosim.commands.verify:verify",
            "Run the emitted Verilog against golden (values) and sim (cycles); differences must be "
            "zero.",
        ),
        "sample": LazyCommand(
            "dittosim.commands.sample:sample",
            "Turn noise into images with a workload's integer model.",
        ),
        "simulate": LazyCommand(
            "dittosim.commands.simulate:simulate",
            "Count the cycles of a sampling run: whole steps on the machine, or layers on their "
            "own.",
        ),
        "stats": LazyCommand(
            "dittosim.commands.stats:stats",
            "Take the statistics of a sampling run, per layer and step, beside the paper's "
            "averages.",
        ),
        "quality": LazyCommand(
            "dittosim.commands.quality:quality",
            "Compare the digits of the int8 model with those of the float32 model it stands for.",
        ),
        "prune": LazyCommand(
            "dittosim.commands.prune:prune",
            "Remove channels from a trained workload and save it as a new one; nothing is trained.",
        ),
        "train": LazyCommand(
            "dittosim.commands.train:train",
            "Train a model on handwritten digits; with [pruning], REPrune's Algorithm 2.",
        ),
        "compare": LazyCommand(
            "dittosim.commands.compare:compare",
            "Train a model under several ways of pruning, with several seeds each.",
        ),
        "corners": LazyCommand(
            "dittosim.commands.corners:corners",
            "Compare a dense and pruned models, each on original activations and under Ditto.",
        ),
        "layers": LazyCommand(
            "dittosim.commands.layers:layers",
            "Time layers of given shapes on the machine, each alone, from memory to memory.",
        ),
        "designs": LazyCommand(
            "dittosim.commands.designs:designs",
            "Run designs side by side: cycles, bytes, energy and area of each, at equal area.",
        ),
        "shape": LazyCommand(
            "dittosim.commands.shape:shape",
            "Choose each design's grid and buffers over the layer tables of the papers' seven "
            "models.",
        ),
        "sweep": LazyCommand(
            "dittosim.commands.sweep:sweep",
            "Simulate many machines of a space; interrupted, the same command goes on where it "
            "stopped.",
        ),
        "report": LazyCommand(
            "dittosim.commands.report:report",
            "Write results as one HTML page: a table to sort and filter, plots, the best machines.",
        ),
        "workloads": LazyCommand(
            "dittosim.commands.workloads:workloads",
            "List the workloads that come with dittosim.",
        ),
        "capture": LazyCommand(
            "dittosim.commands.capture:capture",
            "Run a diffusers model in PyTorch and write what its layers multiply, as int8.",
        ),
        "demo": LazyCommand(
            "dittosim.commands.demo:demo",
            "Sample digits, count their bits and cycles, and run their layers on the emitted "
            "Verilog.",
        ),
        "import": LazyCommand(
            "dittosim.commands.importing:import_workload",
            "Convert a diffusers model on disk to a workload that every command takes.",
        ),
        "compile": LazyCommand(
            "dittosim.commands.compile:compile_workload",
            "Compile a workload's denoising steps to queues of descriptors and a memory image.",
        ),
        "requests": LazyCommand(
            "dittosim.commands.requests:requests",
            "Write every access of a step to DRAM as a trace that DRAM simulators read.",
        ),
        "timeline": LazyCommand(
            "dittosim.commands.timeline:timeline",
            "Draw who was busy when: array, output stage, vector unit, memory, Defo's choices.",
        ),
        "config": LazyCommand(
            "dittosim.commands.config:app",
            "List presets, or show every field of a configuration.",
        ),
        "cache": LazyCommand(
            "dittosim.commands.cache:cache",
            "Show what is kept between runs, or empty it.",
        ),
    }


EXIT_CODES = (
    "Exit codes: 0 done, 1 a check found differences, 2 wrong use or input, 130 interrupted, "
    "143 terminated, 141 output that nobody reads."
)
FIRST_STEPS = """
Begin with:

`dittosim simulate digits-unet` counts the cycles of a diffusion model that comes with it

`dittosim verify pe --config tiny` runs a module's Verilog against golden and sim

`dittosim generate --config small --top accelerator -o build` writes the Verilog of a machine

`dittosim COMMAND --help` has more examples; docs/command-line.md has all commands
"""
"""What to do next, below the list of commands"""

app = typer.Typer(
    name="dittosim",
    cls=Commands,
    help="Cycle-accurate simulator and Verilog generator of a difference-processing accelerator "
    "for diffusion models.",
    epilog=f"{FIRST_STEPS}\n{EXIT_CODES}",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# Typer's UsageError, which is in no public module; it has what BadParameter has.
UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print("dittosim", version("dittosim"))
        raise typer.Exit


def _be_quiet(wanted: bool) -> None:
    streams.quiet = streams.quiet or wanted
    _check_both()


def _be_verbose(wanted: bool) -> None:
    if wanted and not streams.verbose:
        verbose.begin()
    _check_both()


def _check_both() -> None:
    if streams.quiet and streams.verbose:
        raise DittosimError("--quiet and --verbose: leave one of them out")


EVERYWHERE = "Options of all commands, before or after their name"

QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        callback=_be_quiet,
        rich_help_panel=EVERYWHERE,
        help="No tables, no progress: files, --json, errors, the exit code.",
    ),
]
VerboseOption = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        callback=_be_verbose,
        rich_help_panel=EVERYWHERE,
        help="Say on stderr what is read, compiled, run and written, and when.",
    ),
]


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Options that belong to no command; their callbacks do what they say."""
    del version, quiet, verbose


def run() -> int:
    """Runs the command in ``sys.argv``; returns the exit code.

    Raises DittosimError for wrong use.
    """
    try:
        return app(prog_name="dittosim", standalone_mode=False) or 0
    except UsageError as error:
        message = error.format_message().replace("Value error, ", "").rstrip(".")
        if not message:  # no arguments: the help is already on the terminal
            return 2
        command = error.ctx.command_path if error.ctx else "dittosim"
        raise DittosimError(f"{message}; see {command} --help") from error
