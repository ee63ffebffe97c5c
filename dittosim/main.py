"""Entry point of the command line."""

import errno
import logging
import re
import sys

from dittosim import compiling, signals, streams, verbose
from golden.errors import DittosimError

_log = logging.getLogger(__name__)

INTERRUPTED = 130
CLOSED_PIPE = 141
"""What shells report of a command that the signal of a closed pipe ended"""
LESS = "take fewer images or steps at once, smaller ones, or fewer jobs (-j)"
"""What to do where memory does not suffice"""


def main() -> None:
    """Runs a command: wrong input ends in one line on stderr and exit code 2.

    Ctrl-C, SIGTERM and SIGHUP end in a line, too, once what the command began is removed and what
    it started has ended. If nobody reads its output any more it ends without a word.
    """
    code: int | str | None
    told = False
    try:
        signals.interrupt()
        streams.prepare()
        compiling.prepare()
        # Takes a second, in which Ctrl-C must end as it does later.
        from dittosim.app import run

        code = run()
        sys.stdout.flush()
    except SystemExit as ended:
        # Typer and rich answer a closed pipe like that, with the code of a check that failed.
        pipe = isinstance(ended.__context__, BrokenPipeError)
        code, told = CLOSED_PIPE if pipe else ended.code, True
    except BrokenPipeError:
        code = CLOSED_PIPE
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        # Where a signal came amid others' code, what they raise is its consequence.
        code = INTERRUPTED if signals.came() else _refuse(error)
    if code == INTERRUPTED or signals.came():
        from dittosim import children

        children.end()
        code = signals.exit_code()
        if not told:
            streams.say(signals.ended_by())
    verbose.end()
    streams.give_up()
    signals.kill()
    sys.exit(code)


def _refuse(error: Exception) -> int:
    """Says what is wrong with what the user gave or has; any other exception is a fault of ours."""
    if _lacks_memory(error):
        message = f"not enough memory{_wanted(error)}; {LESS}"
    elif isinstance(error, OSError):
        message = streams.describe(error)
    elif isinstance(error, DittosimError):
        message = str(error)
    else:
        raise error
    if error.__cause__ or not isinstance(error, DittosimError):
        _log.info("what led to it:", exc_info=error)
    streams.say("error: " + " ".join(message.split()))
    return 2


def _lacks_memory(error: Exception) -> bool:
    """Whether it says that there is no memory: PyTorch has an own way to say so."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or (
        type(error) is RuntimeError and "can't allocate memory" in str(error)
    )


def _wanted(error: Exception) -> str:
    """How much was asked for, and for what, as far as the error knows."""
    found = re.search(
        r"(\d[\d.,]*) (bytes|[KMGTPE]iB)(?: for an array with shape (\(.*?\)))?", str(error)
    )
    if not found:
        return ""
    amount, unit, shape = found.groups()
    return f" for {amount} {unit}" + (f", an array of {shape}" if shape else "")
