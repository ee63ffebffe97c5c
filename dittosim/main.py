"""The command line: one command per file in :mod:`dittosim.commands`."""

import sys

import typer

from dittosim.commands.config import app as config_app
from dittosim.commands.demo import demo
from dittosim.commands.generate import generate
from dittosim.commands.simulate import simulate
from dittosim.commands.sweep import sweep
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
for command in (generate, verify, simulate, sweep, workloads, demo):
    app.command()(command)
app.add_typer(config_app, name="config")


def main() -> None:
    """Entry point: wrong input ends in one line on stderr and exit code 2."""
    try:
        app()
    except DittosimError as error:
        print("error:", " ".join(str(error).split()), file=sys.stderr)
        sys.exit(2)
