"""The command line: one command per file in :mod:`dittosim.commands`."""

import typer

from dittosim.commands.cache import cache
from dittosim.commands.capture import capture
from dittosim.commands.compare import compare
from dittosim.commands.compile import compile_workload
from dittosim.commands.config import app as config_app
from dittosim.commands.corners import corners
from dittosim.commands.demo import demo
from dittosim.commands.generate import generate
from dittosim.commands.importing import import_workload
from dittosim.commands.prune import prune
from dittosim.commands.quality import quality
from dittosim.commands.sample import sample
from dittosim.commands.simulate import simulate
from dittosim.commands.stats import stats
from dittosim.commands.sweep import sweep
from dittosim.commands.train import train
from dittosim.commands.verify import verify
from dittosim.commands.workloads import workloads
from golden.errors import DittosimError

app = typer.Typer(
    name="dittosim",
    help="Cycle-accurate simulator and Verilog generator of a difference-processing accelerator "
    "for diffusion models.",
    epilog="Exit codes: 0 done, 1 a check found differences, 2 wrong use or input, "
    "130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    generate,
    verify,
    sample,
    simulate,
    stats,
    quality,
    prune,
    train,
    compare,
    corners,
    sweep,
    workloads,
    capture,
    demo,
    cache,
):
    app.command()(command)
app.command("import")(import_workload)
app.command("compile")(compile_workload)
app.add_typer(config_app, name="config")

# Typer's UsageError, which is in no public module; it has what BadParameter has.
UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]


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
