"""Standard streams that are closed, full, or that nobody reads, and a width of no columns."""

import contextlib
import os
import select
import sys

from golden.errors import DittosimError

quiet = False
"""Whether tables and progress are not wanted: files, figures that are asked for and errors are"""
verbose = False
"""Whether stderr is to say what is read, compiled, run and written, and when"""
taken = False
"""Whether stdout is for the text of an option (``--json -``), so for no tables"""


def prepare() -> None:
    """Fails before the work if its result would go nowhere; nothing is quiet, verbose or taken yet.

    DittosimError if stdout is closed, BrokenPipeError if it is a pipe that nobody reads.
    """
    global quiet, verbose, taken
    quiet = verbose = taken = False
    # Else the next file that is opened would take the number of the closed stream.
    closed = [number for number in range(3) if _is_closed(number)]
    for _ in closed:
        os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    if 1 in closed:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        raise DittosimError("stdout is closed: send it to a file, or to /dev/null")
    if not os.environ.get("COLUMNS", "80").isdigit() or not int(os.environ.get("COLUMNS", "80")):
        del os.environ["COLUMNS"]  # nothing would be printed, or not even that
    poll = select.poll()
    poll.register(1, 0)
    if any(event & select.POLLERR for _, event in poll.poll(0)):
        raise BrokenPipeError


def say(line: str) -> None:
    """Writes a line to stderr, if that can be written.

    In one piece, also where Python does not buffer: lines of several processes stay whole.
    """
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def describe(error: OSError) -> str:
    """What failed; without the name of a file it was stdout, since all files are named."""
    if error.filename is None and error.strerror:
        return f"cannot write to stdout: {error.strerror}"
    return f"{error.filename}: {error.strerror}" if error.strerror else str(error)


def give_up() -> None:
    """Forgets what could not be written: the interpreter would try it again when it ends.

    It would then end with code 120, whatever code was wanted.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _is_closed(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return True
    return False
